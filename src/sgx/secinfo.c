/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/secinfo.h"

#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

#define STATE_BITS (SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED | SGX_SECINFO_PR)
#define TYPE_BITS  SGX_SECINFO_PT(0xff)

bool sgx_secinfo_parse(const uint8_t wire[static SGX_SECINFO_SIZE], struct sgx_secinfo *ret)
{
    uint64_t flags = load_u64le(wire);

    if (flags & ~(SGX_SECINFO_RWX | STATE_BITS | TYPE_BITS))
        return false;
    if (!mem_is_zero(wire + 8, SGX_SECINFO_SIZE - 8))
        return false;
    *ret = (struct sgx_secinfo){
        .permissions = (uint8_t)(flags & SGX_SECINFO_RWX),
        .state = (uint8_t)(flags & STATE_BITS),
        .type = (uint8_t)(flags >> 8),
    };
    return true;
}

void sgx_secinfo_render(struct sgx_secinfo s, uint8_t ret_wire[static SGX_SECINFO_SIZE])
{
    memset(ret_wire, 0, SGX_SECINFO_SIZE);
    store_u64le(ret_wire, sgx_secinfo_flags(s));
}
