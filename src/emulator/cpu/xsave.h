/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/xsave.h: extended state between a signal frame and an SSA frame (SDM 13.4, 37.3).
 * Both are XSAVE images in standard format as this processor lays them out, since an enclave may
 * XRSTOR what it finds in its SSA; AMD's offsets beyond AVX are not Intel's.
 */
#ifndef COFFER_EMULATOR_CPU_XSAVE_H
#define COFFER_EMULATOR_CPU_XSAVE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    XSAVE_COMPONENTS = 10, /* x87, SSE, AVX, MPX (which Linux gave up), AVX-512, PKRU */
};

/** struct xsave_layout - which components enclaves may have, and where they lie, bytes */
struct xsave_layout {
    uint64_t features; /* as in XFRM and XSTATE_BV */
    struct {
        uint32_t offset, size;
    } component[XSAVE_COMPONENTS]; /* from AVX on; size 0 when it is not there */
};

/** xsave_layout - this processor's, from xsave_setup() on; x87, SSE and AVX before */
extern struct xsave_layout xsave_layout;

/** xsave_setup() - ask XCR0 and CPUID. A component that lies where no SSA frame of the size that
 *  ECREATE wants would hold it is not offered. */
void xsave_setup(void);

/** xsave_store() - asynchronous exit: what @xfrm has of @image goes to the SSA; @image may be NULL
 */
void xsave_store(const struct xsave_layout *l, const uint8_t *image, uint64_t xfrm,
                 uint8_t *ret_ssa);

/** xsave_is_valid() - XRSTOR faults for components outside XFRM, reserved header bytes and reserved
 *  bits of MXCSR */
bool xsave_is_valid(const uint8_t *ssa, uint64_t xfrm);

/** xsave_load() - ERESUME: back into @image, whose components outside @xfrm stay as they are */
void xsave_load(const struct xsave_layout *l, const uint8_t *ssa, uint64_t xfrm, uint8_t *image);

/** xsave_reset() - the host sees initial state in what @xfrm has, and its own in the rest */
void xsave_reset(uint8_t *image, uint64_t xfrm);

#endif
