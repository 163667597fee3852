/* SPDX-License-Identifier: Apache-2.0 */
/* sgx/secs.h: SECS, the control structure of an enclave (SDM 35.7). 4096 bytes on the wire. */
#ifndef COFFER_SGX_SECS_H
#define COFFER_SGX_SECS_H

#include <assert.h>
#include <stdbool.h>

#include "sgx/arch.h"

/** struct sgx_secs - the decoded fields; EINIT sets MRENCLAVE to ISVSVN and the product ids */
struct sgx_secs {
    uint64_t size;           /* bytes, power of two */
    uint64_t base;           /* linear address, a multiple of size */
    uint32_t ssa_frame_size; /* pages */
    uint32_t miscselect;
    struct sgx_attributes attributes;
    uint8_t mrenclave[SGX_HASH_SIZE];
    uint8_t mrsigner[SGX_HASH_SIZE];
    uint8_t config_id[SGX_CONFIGID_SIZE];
    uint16_t isv_prod_id;
    uint16_t isv_svn;
    uint16_t config_svn;
    uint8_t isv_family_id[SGX_PRODUCT_ID_SIZE];   /* in an area that is reserved in the manual */
    uint8_t isv_ext_prod_id[SGX_PRODUCT_ID_SIZE]; /* the same */
};

/**
 * sgx_secs_parse() - decode the SECS given to ECREATE
 * Return: true; false when a reserved byte is not zero, in which case ECREATE faults. MRENCLAVE,
 * MRSIGNER, ISVPRODID and ISVSVN of the source are ignored, because ECREATE and EINIT write them.
 */
bool sgx_secs_parse(const uint8_t wire[static SGX_SECS_SIZE], struct sgx_secs *ret);

/** sgx_secs_render() - the inverse of parsing, with reserved bytes zero; for loaders */
void sgx_secs_render(const struct sgx_secs *secs, uint8_t ret_wire[static SGX_SECS_SIZE]);

#endif
