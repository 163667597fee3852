/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/secs.h"

#include "crypto_bare/mem.h"
#include "sgx/attributes.h"

/* offsets in bytes: SDM 35.7 */
enum {
    SIZE = 0,
    BASE = 8,
    SSAFRAMESIZE = 16,
    MISCSELECT = 20,
    RESERVED1 = 24, /* includes the CET fields, which must be zero without CET */
    ATTRIBUTES = 48,
    MRENCLAVE = 64,
    RESERVED2 = 96,
    MRSIGNER = 128,
    RESERVED3 = 160,
    CONFIGID = 192,
    ISVPRODID = 256,
    ISVSVN = 258,
    CONFIGSVN = 260,
    RESERVED4 = 262,
};

static_assert(RESERVED1 + 24 == ATTRIBUTES && ATTRIBUTES + 16 == MRENCLAVE, "SDM 35.7");
static_assert(RESERVED2 + 32 == MRSIGNER && RESERVED3 + 32 == CONFIGID, "SDM 35.7");
static_assert(CONFIGID + SGX_CONFIGID_SIZE == ISVPRODID, "SDM 35.7");
static_assert(RESERVED4 + 3834 == SGX_SECS_SIZE, "SDM 35.7");

bool sgx_secs_parse(const uint8_t wire[static SGX_SECS_SIZE], struct sgx_secs *ret)
{
    if (!mem_is_zero(wire + RESERVED1, ATTRIBUTES - RESERVED1) ||
        !mem_is_zero(wire + RESERVED2, MRSIGNER - RESERVED2) ||
        !mem_is_zero(wire + RESERVED3, CONFIGID - RESERVED3) ||
        !mem_is_zero(wire + RESERVED4, SGX_SECS_SIZE - RESERVED4))
        return false;
    *ret = (struct sgx_secs){
        .size = load_u64le(wire + SIZE),
        .base = load_u64le(wire + BASE),
        .ssa_frame_size = load_u32le(wire + SSAFRAMESIZE),
        .miscselect = load_u32le(wire + MISCSELECT),
        .attributes = sgx_attributes_parse(wire + ATTRIBUTES),
        .config_svn = load_u16le(wire + CONFIGSVN),
    };
    memcpy(ret->config_id, wire + CONFIGID, SGX_CONFIGID_SIZE);
    return true;
}

void sgx_secs_render(const struct sgx_secs *secs, uint8_t ret_wire[static SGX_SECS_SIZE])
{
    memset(ret_wire, 0, SGX_SECS_SIZE);
    store_u64le(ret_wire + SIZE, secs->size);
    store_u64le(ret_wire + BASE, secs->base);
    store_u32le(ret_wire + SSAFRAMESIZE, secs->ssa_frame_size);
    store_u32le(ret_wire + MISCSELECT, secs->miscselect);
    sgx_attributes_render(secs->attributes, ret_wire + ATTRIBUTES);
    memcpy(ret_wire + MRENCLAVE, secs->mrenclave, SGX_HASH_SIZE);
    memcpy(ret_wire + MRSIGNER, secs->mrsigner, SGX_HASH_SIZE);
    memcpy(ret_wire + CONFIGID, secs->config_id, SGX_CONFIGID_SIZE);
    store_u16le(ret_wire + ISVPRODID, secs->isv_prod_id);
    store_u16le(ret_wire + ISVSVN, secs->isv_svn);
    store_u16le(ret_wire + CONFIGSVN, secs->config_svn);
}
