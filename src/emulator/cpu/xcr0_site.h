/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/xcr0_site.h: finds and decodes the instructions that depend on XCR0, which inside an
 * enclave is XFRM (SDM vol. 3D, EENTER): XGETBV, XSAVE, XSAVEOPT, XSAVEC and XRSTOR. XSAVES and
 * XRSTORS are #GP in user mode.
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
    XCR0_NO_REGISTER = 16, /* no register; those have the numbers 0 to 15 */
    XCR0_SEGMENT_FS = 4,
    XCR0_SEGMENT_GS = 5,
};

/** struct xcr0_instruction - a decoded instruction; all but XGETBV have a memory operand */
struct xcr0_instruction {
    enum xcr0_operation operation;
    uint8_t prefix_size; /* bytes before 0F */
    uint8_t size;        /* bytes, prefixes included */
    bool is_wide;        /* REX.W: the form that saves 64-bit FPU pointers */
    bool is_address32;
    bool is_relative; /* the operand is relative to the next instruction */
    uint8_t segment;  /* XCR0_SEGMENT_*; 0: none with an effect */
    uint8_t base, index, scale;
    int32_t displacement;
};

/** xcr0_site_decode() - decode the instruction at @code. @size: bytes that may be read
 *  Return: false when it is none of these. */
bool xcr0_site_decode(const uint8_t *code, size_t size, struct xcr0_instruction *ret);

/**
 * xcr0_site_find() - the next of these instructions in memory with unknown functions
 * @code, @size: executable memory, which may contain data
 * @at: the offset to begin at
 * @ret: the instruction, written only on success
 * Return: the offset of its 0F byte; @size when there is none. Bytes count as an instruction when
 * decoding of the code before arrives at them and that code loads the registers of the operands.
 */
size_t xcr0_site_find(const uint8_t *code, size_t size, size_t at, struct xcr0_instruction *ret);

#endif
