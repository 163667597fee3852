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
    XSAVE_COMPONENTS = 19, /* up to AMX tile data; what Linux gives user code beyond is unknown */
};

/** struct xsave_layout - the components of this processor and where they lie, bytes */
struct xsave_layout {
    uint64_t features;   /* that enclaves may have, as in XFRM and XSTATE_BV */
    uint64_t enabled;    /* of XCR0, those below; beside features what the host alone has */
    bool has_compaction; /* XSAVEC, and XGETBV that tells what is in use */
    struct {
        uint32_t offset, size;     /* in the standard format */
        bool is_aligned;           /* to 64 bytes in the compacted one */
    } component[XSAVE_COMPONENTS]; /* from AVX on; size 0 when it is not there */
};

/** xsave_layout - this processor's, from xsave_setup() on; x87, SSE and AVX before */
extern struct xsave_layout xsave_layout;

/** xsave_setup() - ask XCR0 and CPUID. A component that lies where no SSA frame of the size that
 *  ECREATE wants would hold it is not offered. */
void xsave_setup(void);

/** xsave_is_extended() - does a signal frame's image have more than the legacy bytes */
bool xsave_is_extended(const uint8_t *image);

/** xsave_offset() - of component @i, 2 or more; @compacted: XCOMP_BV of the area, 0 for the
 *  standard format */
uint32_t xsave_offset(const struct xsave_layout *l, uint64_t compacted, unsigned i);

/*
 * What XFRM does not have is the host's: an enclave finds it in its initial state, and whatever
 * becomes of it, the host gets its own back at any exit. Between, it lies in an area in compacted
 * format, as XSAVEC makes it.
 */
enum {
    XSAVE_OUTSIDE_SIZE = 0x3000, /* bytes of such an area, at most */
};

/** xsave_outside() - the components that are the host's alone while an enclave of @xfrm runs */
uint64_t xsave_outside(const struct xsave_layout *l, uint64_t xfrm);

/** xsave_outside_take() - move those in use from @image, which may be NULL, to @area, of
 *  XSAVE_OUTSIDE_SIZE bytes. Return: which these are. */
uint64_t xsave_outside_take(const struct xsave_layout *l, uint8_t *image, uint64_t xfrm,
                            uint8_t *area);

/** xsave_outside_give() - bring @components back from @area into @image; the others outside @xfrm
 *  are initial, as they were */
void xsave_outside_give(const struct xsave_layout *l, uint64_t xfrm, uint64_t components,
                        const uint8_t *area, uint8_t *image);

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
