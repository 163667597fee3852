/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/xcr0_emulate.h: XSAVE, XSAVEOPT, XSAVEC and XRSTOR with XFRM in place of XCR0 (SDM
 * vol. 1, chapter 13), on the state in the image of a signal frame. The memory operand may fault at
 * any byte, so these functions work on a local area, and a list tells the caller which of its bytes
 * to copy.
 */
#ifndef COFFER_EMULATOR_CPU_XCR0_EMULATE_H
#define COFFER_EMULATOR_CPU_XCR0_EMULATE_H

#include "emulator/cpu/xcr0_site.h"
#include "emulator/cpu/xsave.h"

enum {
    XCR0_AREA_SIZE = 2752, /* bytes of the largest area, in either format */
    XCR0_AREA_ALIGN = 64,  /* bytes; an unaligned operand is #GP */
    XCR0_PIECES_MAX = XSAVE_COMPONENTS + 4,
};

/** struct xcr0_pieces - ranges of bytes in an area */
struct xcr0_pieces {
    struct {
        uint32_t offset, size;
    } piece[XCR0_PIECES_MAX];
    unsigned count;
};

/** struct xcr0_request - an instruction with its registers */
struct xcr0_request {
    enum xcr0_operation operation;
    bool is_wide;  /* REX.W */
    uint64_t xfrm; /* of the enclave */
    uint64_t mask; /* EDX:EAX */
};

/**
 * xcr0_emulate_save() - XSAVE, XSAVEOPT or XSAVEC
 * @image: the image of the signal frame
 * @area: XCR0_AREA_SIZE bytes, with the header read from memory
 * @ret_pieces: the ranges of @area to be written to memory
 */
void xcr0_emulate_save(const struct xsave_layout *l, const struct xcr0_request *r,
                       const uint8_t *image, uint8_t *area, struct xcr0_pieces *ret_pieces);

/** xcr0_emulate_needs() - the first half of XRSTOR. @area: with the header read from memory
 *  Return: false for #GP; else true, and the ranges to be read are in @ret_pieces. */
bool xcr0_emulate_needs(const struct xsave_layout *l, const struct xcr0_request *r,
                        const uint8_t *area, struct xcr0_pieces *ret_pieces);

/** xcr0_emulate_restore() - the second half, into @image. Return: false for #GP, with @image
 *  unchanged. */
bool xcr0_emulate_restore(const struct xsave_layout *l, const struct xcr0_request *r,
                          const uint8_t *area, uint8_t *image);

#endif
