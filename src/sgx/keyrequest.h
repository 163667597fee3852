/* SPDX-License-Identifier: Apache-2.0 */
/* sgx/keyrequest.h: KEYREQUEST (SDM 35.17). 512 bytes on the wire. */
#ifndef COFFER_SGX_KEYREQUEST_H
#define COFFER_SGX_KEYREQUEST_H

#include <assert.h>
#include <stdbool.h>

#include "sgx/arch.h"

struct sgx_keyrequest {
    uint16_t key_name; /* enum sgx_key_name; any value on the wire */
    uint16_t key_policy;
    uint16_t isv_svn;
    uint8_t cet_mask;
    uint8_t cpusvn[SGX_CPUSVN_SIZE];
    struct sgx_attributes attribute_mask;
    uint8_t key_id[SGX_KEYID_SIZE];
    uint32_t misc_mask;
    uint16_t config_svn;
};

/** sgx_keyrequest_parse() - Return: true; false when a reserved bit or byte is set (#GP) */
bool sgx_keyrequest_parse(const uint8_t wire[static SGX_KEYREQUEST_SIZE],
                          struct sgx_keyrequest *ret);

/** sgx_keyrequest_render() - the inverse of parsing */
void sgx_keyrequest_render(const struct sgx_keyrequest *k,
                           uint8_t ret_wire[static SGX_KEYREQUEST_SIZE]);

#endif
