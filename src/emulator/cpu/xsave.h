/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/xsave.h: extended state between a signal frame and an SSA frame (SDM 13.4, 37.3).
 * Both are XSAVE images in standard format with the offsets of this processor, because an enclave
 * may execute XRSTOR on its SSA. AMD's offsets of components after AVX differ from Intel's.
 */
#ifndef COFFER_EMULATOR_CPU_XSAVE_H
#define COFFER_EMULATOR_CPU_XSAVE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    XSAVE_COMPONENTS = 19, /* up to AMX tile data, the last one that Linux gives user code */
};

/** struct xsave_layout - the components of this processor and their offsets, in bytes */
struct xsave_layout {
    uint64_t features;   /* components that enclaves may use, as in XFRM and XSTATE_BV */
    uint64_t enabled;    /* components in XCR0: those, and others that only the host uses */
    bool has_compaction; /* XSAVEC, and XGETBV with ECX = 1 */
    struct {
        uint32_t offset, size;     /* in the standard format */
        bool is_aligned;           /* to 64 bytes in the compacted one */
    } component[XSAVE_COMPONENTS]; /* from AVX on; size 0: the processor does not have it */
};

/** xsave_layout - the layout of this processor after xsave_setup(); x87, SSE and AVX before */
extern struct xsave_layout xsave_layout;

/** xsave_setup() - read XCR0 and CPUID. A component is not offered when its end is outside an SSA
 *  frame of the size that ECREATE demands for it. */
void xsave_setup(void);

/** xsave_is_extended() - does the image of a signal frame have more than the legacy bytes */
bool xsave_is_extended(const uint8_t *image);

/** xsave_offset() - the offset of component @i, 2 or higher. @compacted: XCOMP_BV of the area; 0
 * for the standard format */
uint32_t xsave_offset(const struct xsave_layout *l, uint64_t compacted, unsigned i);

/*
 * A component that is not in XFRM belongs to the host. An enclave finds it in its initial state,
 * and at every exit the host gets its own values back, whatever the enclave has done. While the
 * thread is inside, the values are in an area in compacted format, as XSAVEC writes it.
 */
enum {
    XSAVE_OUTSIDE_SIZE = 0x3000, /* bytes of the largest such area */
};

/** xsave_outside() - the components that belong to the host while an enclave with @xfrm runs */
uint64_t xsave_outside(const struct xsave_layout *l, uint64_t xfrm);

/** xsave_outside_take() - move those that are in use from @image, which may be NULL, to @area,
 * which has XSAVE_OUTSIDE_SIZE bytes. Return: the moved components. */
uint64_t xsave_outside_take(const struct xsave_layout *l, uint8_t *image, uint64_t xfrm,
                            uint8_t *area);

/** xsave_outside_give() - move @components back from @area to @image. The others outside @xfrm
 * become initial, as they were before. */
void xsave_outside_give(const struct xsave_layout *l, uint64_t xfrm, uint64_t components,
                        const uint8_t *area, uint8_t *image);

/** xsave_store() - at an asynchronous exit: copy the components in @xfrm from @image, which may be
 *  NULL, to the SSA */
void xsave_store(const struct xsave_layout *l, const uint8_t *image, uint64_t xfrm,
                 uint8_t *ret_ssa);

/** xsave_is_valid() - does XRSTOR accept the SSA: no components outside XFRM, no reserved bytes in
 * the header, no reserved bits in MXCSR */
bool xsave_is_valid(const uint8_t *ssa, uint64_t xfrm);

/** xsave_load() - at ERESUME: copy the components in @xfrm back to @image; others do not change */
void xsave_load(const struct xsave_layout *l, const uint8_t *ssa, uint64_t xfrm, uint8_t *image);

/** xsave_reset() - set the components in @xfrm to their initial state for the host */
void xsave_reset(uint8_t *image, uint64_t xfrm);

#endif
