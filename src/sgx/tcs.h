/* SPDX-License-Identifier: Apache-2.0 */
/* sgx/tcs.h: TCS, the control structure of a thread (SDM 35.8). 4096 bytes on the wire. */
#ifndef COFFER_SGX_TCS_H
#define COFFER_SGX_TCS_H

#include <assert.h>
#include <stdbool.h>

#include "sgx/arch.h"

#define SGX_TCS_DBGOPTIN  UINT64_C(0x1)
#define SGX_TCS_AEXNOTIFY UINT64_C(0x2)

enum {
    SGX_TCS_CSSA_OFFSET = 24,     /* bytes; u32, changed by EENTER, EEXIT, AEX and ERESUME */
    SGX_TCS_RESERVED_OFFSET = 72, /* of the reserved bytes, up to the end */
};

/** struct sgx_tcs - offsets are relative to SECS.BASE */
struct sgx_tcs {
    uint64_t flags;
    uint64_t ossa;   /* offset of the SSA stack, page aligned */
    uint32_t cssa;   /* current frame */
    uint32_t nssa;   /* number of frames */
    uint64_t oentry; /* offset of the entry point */
    uint64_t ofs_base;
    uint64_t ogs_base;
    uint32_t fs_limit;
    uint32_t gs_limit;
};

/**
 * sgx_tcs_parse() - decode a TCS given to EADD or EACCEPT
 * Return: true; false when the leaf faults: a reserved bit or byte set, or OSSA, OFSBASGX or
 * OGSBASGX not page aligned. The segment limits have no effect in 64-bit mode and are not checked.
 * The caller clears STATE, CSSA, AEP and DBGOPTIN in the page, as EADD does; the measurement covers
 * the bytes before that.
 */
bool sgx_tcs_parse(const uint8_t wire[static SGX_TCS_SIZE], struct sgx_tcs *ret);

/** sgx_tcs_render() - the inverse of parsing; for loaders */
void sgx_tcs_render(const struct sgx_tcs *tcs, uint8_t ret_wire[static SGX_TCS_SIZE]);

#endif
