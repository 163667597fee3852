/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/cpu/x86_length.h: the length of x86-64 instructions (SDM 2A chapter 2, 2D appendix
 * A). */
#ifndef COFFER_EMULATOR_CPU_X86_LENGTH_H
#define COFFER_EMULATOR_CPU_X86_LENGTH_H

#include <stddef.h>
#include <stdint.h>

enum {
    X86_LENGTH_MAX = 15, /* bytes; the processor refuses longer instructions */
};

/**
 * x86_length() - the length of the instruction at @code in 64-bit mode, in bytes
 * @size: bytes that may be read
 * Return: 1 to X86_LENGTH_MAX; 0 when it is no instruction, is not known here, or is longer than
 * @size.
 */
size_t x86_length(const uint8_t *code, size_t size);

#endif
