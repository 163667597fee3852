/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XSAVE, XSAVEOPT, XSAVEC and XRSTOR with XFRM in place of XCR0.
 *
 * The state of the enclave is the XSAVE image of the signal frame, which the kernel has written
 * with XSAVE64 in standard format. A component has the same bytes there and in the area of the
 * enclave; in the compacted format only its place differs. So an instruction is a list of pieces to
 * copy, and a header.
 *
 * Three parts do not follow that rule:
 *   - MXCSR is between the legacy components: the standard format saves it with SSE or AVX, the
 *     compacted one with SSE alone;
 *   - the x87 state without REX.W has 32-bit pointers and segments, for which present processors
 *     write 0;
 *   - a component in its initial state has no bytes: XSAVE writes the initial values, XSAVEOPT and
 *     XSAVEC write nothing.
 */
#include "emulator/cpu/xcr0_emulate.h"

#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"
#include "emulator/signal/kernel_abi.h"
#include "sgx/arch.h"
#include "sgx/ssa.h"

#define X87 UINT64_C(1)
#define SSE UINT64_C(2)
#define AVX UINT64_C(4)

enum {
    COMPONENT_AVX = 2,
    FIP = 8, /* its high half is a segment without REX.W */
    FDP = 16,
    ST = 32, /* eight registers */
    ST_SIZE = 128,
    XMM = 160,
    XMM_SIZE = 256,
    CONTROL_SIZE = 24, /* bytes of the x87 state before MXCSR */
    MXCSR_SIZE = 8,    /* bytes of MXCSR and its mask */
    MXCSR_MAX = 0xffff,
};

static void piece_add(struct xcr0_pieces *p, uint32_t offset, uint32_t size)
{
    p->piece[p->count].offset = offset;
    p->piece[p->count].size = size;
    p->count++;
}

/* Add the pieces of the legacy components and of MXCSR. */
static void pieces_legacy(struct xcr0_pieces *p, uint64_t components, bool mxcsr)
{
    if (components & X87) {
        piece_add(p, 0, CONTROL_SIZE);
        piece_add(p, ST, ST_SIZE);
    }
    if (mxcsr)
        piece_add(p, XSAVE_MXCSR_OFFSET, MXCSR_SIZE);
    if (components & SSE)
        piece_add(p, XMM, XMM_SIZE);
}

static void pieces_extended(const struct xsave_layout *l, struct xcr0_pieces *p,
                            uint64_t components, uint64_t compacted)
{
    for (unsigned i = COMPONENT_AVX; i < XSAVE_COMPONENTS; i++)
        if (components >> i & 1 && l->component[i].size)
            piece_add(p, xsave_offset(l, compacted, i), l->component[i].size);
}

static uint64_t components_used(const uint8_t *image, uint64_t xfrm)
{
    uint64_t used = SGX_XFRM_LEGACY;

    if (xsave_is_extended(image))
        used = load_u64le(image + XSAVE_HEADER_OFFSET);
    if (load_u32le(image + XSAVE_MXCSR_OFFSET) != XSAVE_MXCSR_INIT)
        used |= SSE;
    return used & xfrm;
}

static void pointers_narrow(uint8_t *area)
{
    store_u32le(area + FIP + 4, 0);
    store_u32le(area + FDP + 4, 0);
}

/* Write the values of components into @area, whether they are in use or initial. */
static void area_fill(const struct xsave_layout *l, const struct xcr0_request *r,
                      const uint8_t *image, uint64_t used, uint64_t compacted, uint8_t *area)
{
    memset(area, 0, XSAVE_SOFTWARE_OFFSET);
    if (used & X87)
        memcpy(area, image, XMM);
    else
        store_u16le(area, XSAVE_FCW_INIT);
    if (used & SSE)
        memcpy(area + XMM, image + XMM, XMM_SIZE);
    memcpy(area + XSAVE_MXCSR_OFFSET, image + XSAVE_MXCSR_OFFSET, MXCSR_SIZE);
    if (!r->is_wide)
        pointers_narrow(area);
    for (unsigned i = COMPONENT_AVX; i < XSAVE_COMPONENTS; i++) {
        uint8_t *to = area + xsave_offset(l, compacted, i);

        if (used >> i & 1)
            memcpy(to, image + l->component[i].offset, l->component[i].size);
        else if (!compacted && r->xfrm & r->mask & UINT64_C(1) << i)
            memset(to, 0, l->component[i].size);
    }
}

void xcr0_emulate_save(const struct xsave_layout *l, const struct xcr0_request *r,
                       const uint8_t *image, uint8_t *area, struct xcr0_pieces *ret_pieces)
{
    uint64_t wanted = r->xfrm & r->mask, used = components_used(image, r->xfrm) & wanted;
    bool is_compacted = r->operation == XCR0_XSAVEC;
    uint64_t compacted = is_compacted ? wanted | XSAVE_COMPACTED : 0;
    uint64_t written = r->operation == XCR0_XSAVE ? wanted : used;
    uint64_t before = load_u64le(area + XSAVE_HEADER_OFFSET);

    area_fill(l, r, image, used, compacted, area);
    *ret_pieces = (struct xcr0_pieces){0};
    pieces_legacy(ret_pieces, written, is_compacted ? used & SSE : wanted & (SSE | AVX));
    pieces_extended(l, ret_pieces, written, compacted);
    store_u64le(area + XSAVE_HEADER_OFFSET, is_compacted ? used : (before & ~wanted) | used);
    if (is_compacted)
        store_u64le(area + XSAVE_COMPACTED_OFFSET, compacted);
    piece_add(ret_pieces, XSAVE_HEADER_OFFSET, is_compacted ? 16 : 8);
}

/* -- XRSTOR -- */

static bool header_is_valid(const uint8_t *area, uint64_t xfrm)
{
    uint64_t components = load_u64le(area + XSAVE_HEADER_OFFSET);
    uint64_t compacted = load_u64le(area + XSAVE_COMPACTED_OFFSET);

    if (!mem_is_zero(area + XSAVE_HEADER_OFFSET + 16, 8))
        return false;
    if (!(compacted & XSAVE_COMPACTED))
        return compacted == 0 && (components & ~xfrm) == 0;
    if (!mem_is_zero(area + XSAVE_HEADER_OFFSET + 24, XSAVE_HEADER_SIZE - 24))
        return false;
    return (compacted & ~XSAVE_COMPACTED & ~xfrm) == 0 && (components & ~compacted) == 0;
}

bool xcr0_emulate_needs(const struct xsave_layout *l, const struct xcr0_request *r,
                        const uint8_t *area, struct xcr0_pieces *ret_pieces)
{
    uint64_t compacted = load_u64le(area + XSAVE_COMPACTED_OFFSET);
    uint64_t wanted = r->xfrm & r->mask;
    uint64_t loaded = load_u64le(area + XSAVE_HEADER_OFFSET) & wanted;

    if (!header_is_valid(area, r->xfrm))
        return false;
    *ret_pieces = (struct xcr0_pieces){0};
    pieces_legacy(ret_pieces, loaded, compacted ? loaded & SSE : wanted & (SSE | AVX));
    pieces_extended(l, ret_pieces, loaded, compacted);
    return true;
}

static void x87_restore(const struct xcr0_request *r, const uint8_t *area, bool is_loaded,
                        uint8_t *image)
{
    memset(image, 0, CONTROL_SIZE);
    memset(image + ST, 0, ST_SIZE);
    store_u16le(image, XSAVE_FCW_INIT);
    if (!is_loaded)
        return;
    memcpy(image, area, CONTROL_SIZE);
    memcpy(image + ST, area + ST, ST_SIZE);
    if (!r->is_wide)
        pointers_narrow(image);
}

static void extended_restore(const struct xsave_layout *l, const uint8_t *area, uint64_t wanted,
                             uint64_t loaded, uint8_t *image)
{
    uint64_t compacted = load_u64le(area + XSAVE_COMPACTED_OFFSET);
    uint64_t used = load_u64le(image + XSAVE_HEADER_OFFSET) & ~wanted;

    for (unsigned i = COMPONENT_AVX; i < XSAVE_COMPONENTS; i++)
        if (loaded >> i & 1)
            memcpy(image + l->component[i].offset, area + xsave_offset(l, compacted, i),
                   l->component[i].size);
    /* the legacy bytes are valid in any case, so their components count as in use */
    store_u64le(image + XSAVE_HEADER_OFFSET, used | loaded | (wanted & SGX_XFRM_LEGACY));
}

bool xcr0_emulate_restore(const struct xsave_layout *l, const struct xcr0_request *r,
                          const uint8_t *area, uint8_t *image)
{
    bool is_compacted = load_u64le(area + XSAVE_COMPACTED_OFFSET) & XSAVE_COMPACTED;
    uint64_t wanted = r->xfrm & r->mask;
    uint64_t loaded = load_u64le(area + XSAVE_HEADER_OFFSET) & wanted;
    bool has_mxcsr = is_compacted ? loaded & SSE : wanted & (SSE | AVX);
    uint32_t mxcsr = load_u32le(area + XSAVE_MXCSR_OFFSET);

    if (has_mxcsr && mxcsr > MXCSR_MAX)
        return false;
    if (wanted & X87)
        x87_restore(r, area, loaded & X87, image);
    if (has_mxcsr)
        store_u32le(image + XSAVE_MXCSR_OFFSET, mxcsr);
    else if (wanted & SSE) /* compacted format, initial state */
        store_u32le(image + XSAVE_MXCSR_OFFSET, XSAVE_MXCSR_INIT);
    if (wanted & SSE) {
        memset(image + XMM, 0, XMM_SIZE);
        if (loaded & SSE)
            memcpy(image + XMM, area + XMM, XMM_SIZE);
    }
    if (xsave_is_extended(image))
        extended_restore(l, area, wanted, loaded, image);
    return true;
}
