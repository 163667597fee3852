/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/tcs.h"

#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

/* offsets in bytes: SDM 35.8 */
enum {
    FLAGS = 8,
    OSSA = 16,
    CSSA = SGX_TCS_CSSA_OFFSET,
    NSSA = 28,
    OENTRY = 32,
    OFSBASGX = 48,
    OGSBASGX = 56,
    FSLIMIT = 64,
    GSLIMIT = 68,
    RESERVED = SGX_TCS_RESERVED_OFFSET,
};

static_assert(RESERVED + 4024 == SGX_TCS_SIZE, "SDM 35.8");

bool sgx_tcs_parse(const uint8_t wire[static SGX_TCS_SIZE], struct sgx_tcs *ret)
{
    const struct sgx_tcs tcs = {
        .flags = load_u64le(wire + FLAGS) & ~SGX_TCS_DBGOPTIN,
        .ossa = load_u64le(wire + OSSA),
        .nssa = load_u32le(wire + NSSA),
        .oentry = load_u64le(wire + OENTRY),
        .ofs_base = load_u64le(wire + OFSBASGX),
        .ogs_base = load_u64le(wire + OGSBASGX),
        .fs_limit = load_u32le(wire + FSLIMIT),
        .gs_limit = load_u32le(wire + GSLIMIT),
    };

    if (tcs.flags & ~SGX_TCS_AEXNOTIFY || !mem_is_zero(wire + RESERVED, SGX_TCS_SIZE - RESERVED))
        return false;
    if ((tcs.ossa | tcs.ofs_base | tcs.ogs_base) % SGX_PAGE_SIZE != 0)
        return false;
    *ret = tcs;
    return true;
}

void sgx_tcs_render(const struct sgx_tcs *tcs, uint8_t ret_wire[static SGX_TCS_SIZE])
{
    memset(ret_wire, 0, SGX_TCS_SIZE);
    store_u64le(ret_wire + FLAGS, tcs->flags);
    store_u64le(ret_wire + OSSA, tcs->ossa);
    store_u32le(ret_wire + CSSA, tcs->cssa);
    store_u32le(ret_wire + NSSA, tcs->nssa);
    store_u64le(ret_wire + OENTRY, tcs->oentry);
    store_u64le(ret_wire + OFSBASGX, tcs->ofs_base);
    store_u64le(ret_wire + OGSBASGX, tcs->ogs_base);
    store_u32le(ret_wire + FSLIMIT, tcs->fs_limit);
    store_u32le(ret_wire + GSLIMIT, tcs->gs_limit);
}
