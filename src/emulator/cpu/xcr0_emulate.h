/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/xcr0_emulate.h: XSAVE, XSAVEOPT, XSAVEC and XRSTOR as they are where XCR0 is XFRM
 * (SDM vol. 1, chapter 13), on the state in a signal frame's image. The memory operand may fault at
 * any byte, so it is a local area here, and a list says which bytes of it move.
 */
#ifndef COFFER_EMULATOR_CPU_XCR0_EMULATE_H
#define COFFER_EMULATOR_CPU_XCR0_EMULATE_H

#include "emulator/cpu/xcr0_site.h"
#include "emulator/cpu/xsave.h"

enum {
    XCR0_AREA_SIZE = 2752, /* bytes: what XFRM can have at most, in either format */
    XCR0_AREA_ALIGN = 64,  /* of the operand; else #GP */
    XCR0_PIECES_MAX = XSAVE_COMPONENTS + 4,
};

/** struct xcr0_pieces - bytes of an area */
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
    uint64_t xfrm; /* XCR0 as the enclave has it */
    uint64_t mask; /* EDX:EAX */
};

/**
 * xcr0_emulate_save() - XSAVE, XSAVEOPT or XSAVEC
 * @image: the signal frame's
 * @area: XCR0_AREA_SIZE bytes, whose header was read from memory
 * @ret_pieces: what of @area goes to memory
 */
void xcr0_emulate_save(const struct xsave_layout *l, const struct xcr0_request *r,
                       const uint8_t *image, uint8_t *area, struct xcr0_pieces *ret_pieces);

/** xcr0_emulate_needs() - XRSTOR, first half. @area: its header was read. Return: false for #GP;
 *  else true, and @ret_pieces are to be read. */
bool xcr0_emulate_needs(const struct xsave_layout *l, const struct xcr0_request *r,
                        const uint8_t *area, struct xcr0_pieces *ret_pieces);

/** xcr0_emulate_restore() - second half: into @image. Return: false for #GP, @image unchanged. */
bool xcr0_emulate_restore(const struct xsave_layout *l, const struct xcr0_request *r,
                          const uint8_t *area, uint8_t *image);

#endif
