/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/cpu/x86_length.h: how long an x86-64 instruction is (SDM vol. 2A, chapter 2 and appendix
 * A).
 */
#ifndef COFFER_EMULATOR_CPU_X86_LENGTH_H
#define COFFER_EMULATOR_CPU_X86_LENGTH_H

#include <stddef.h>
#include <stdint.h>

enum {
    X86_LENGTH_MAX = 15, /* bytes; the processor refuses longer ones */
};

/**
 * x86_length() - bytes of the instruction at @code in 64-bit mode
 * @size: bytes that may be read
 * Return: 1 to X86_LENGTH_MAX; 0 when it is not one, is not known here, or does not fit @size.
 */
size_t x86_length(const uint8_t *code, size_t size);

#endif
