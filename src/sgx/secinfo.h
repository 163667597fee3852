/* SPDX-License-Identifier: Apache-2.0 */
/* sgx/secinfo.h: SECINFO, the type and the permissions of a page (SDM 35.11). 64 bytes on the
 * wire. */
#ifndef COFFER_SGX_SECINFO_H
#define COFFER_SGX_SECINFO_H

#include <stdbool.h>

#include "sgx/arch.h"

struct sgx_secinfo {
    uint8_t permissions; /* SGX_SECINFO_R, _W, _X */
    uint8_t state;       /* SGX_SECINFO_PENDING, _MODIFIED, _PR, at their bit positions */
    uint8_t type;        /* enum sgx_page_type; any value 0 to 255 */
};

/** sgx_secinfo_parse() - Return: true; false when a reserved bit or byte is set */
bool sgx_secinfo_parse(const uint8_t wire[static SGX_SECINFO_SIZE], struct sgx_secinfo *ret);

/** sgx_secinfo_flags() - the 64-bit FLAGS field */
static inline uint64_t sgx_secinfo_flags(struct sgx_secinfo s)
{
    return (uint64_t)s.permissions | s.state | SGX_SECINFO_PT(s.type);
}

/** sgx_secinfo_render() - the inverse of parsing */
void sgx_secinfo_render(struct sgx_secinfo s, uint8_t ret_wire[static SGX_SECINFO_SIZE]);

#endif
