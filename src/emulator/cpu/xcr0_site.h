/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/xcr0_site.h: the instructions whose meaning depends on XCR0, which inside an enclave
 * is its XFRM (SDM vol. 3D, EENTER): XGETBV, XSAVE, XSAVEOPT, XSAVEC and XRSTOR. XSAVES and XRSTORS
 * are #GP in user mode.
 */
#ifndef COFFER_EMULATOR_CPU_XCR0_SITE_H
#define COFFER_EMULATOR_CPU_XCR0_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum xcr0_operation {
    XCR0_NONE,
    XCR0_XGETBV,
    XCR0_XSAVE,
    XCR0_XSAVEOPT,
    XCR0_XSAVEC,
    XCR0_XRSTOR,
};

enum {
    XCR0_NO_REGISTER = 16, /* none of the sixteen */
    XCR0_SEGMENT_FS = 4,
    XCR0_SEGMENT_GS = 5,
};

/** struct xcr0_instruction - decoded; the memory operand of all but XGETBV */
struct xcr0_instruction {
    enum xcr0_operation operation;
    uint8_t prefix_size; /* bytes before 0F */
    uint8_t size;        /* bytes, prefixes included */
    bool is_wide;        /* REX.W: the form that saves 64-bit FPU pointers */
    bool is_address32;
    bool is_relative; /* to the next instruction */
    uint8_t segment;  /* XCR0_SEGMENT_*, 0: none that matters */
    uint8_t base, index, scale;
    int32_t displacement;
};

/** xcr0_site_decode() - the instruction that begins at @code, of which @size bytes may be read.
 *  Return: false when it is none of these. */
bool xcr0_site_decode(const uint8_t *code, size_t size, struct xcr0_instruction *ret);

/**
 * xcr0_site_find() - the next of them in memory whose functions are unknown
 * @code, @size: executable memory, which may hold data
 * @at: offset to begin at
 * @ret: written only on success
 * Return: the offset of its 0F byte; @size when there is none. What lies there is an instruction
 * when the code before decodes so, and sets the registers that it takes.
 */
size_t xcr0_site_find(const uint8_t *code, size_t size, size_t at, struct xcr0_instruction *ret);

#endif
