/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86_lengths: reads one instruction per line from standard input, in hexadecimal. It prints each
 * instruction for which x86_length() finds another length, or takes a part of it for an
 * instruction. tests/process/test_sgx_cpuid.py runs it with the output of a disassembler.
 */
#include <stdio.h>
#include <string.h>

#include "emulator/cpu/x86_length.h"

static size_t bytes_read(const char *line, uint8_t code[static X86_LENGTH_MAX])
{
    size_t count = 0;
    unsigned byte;

    for (; count < X86_LENGTH_MAX && sscanf(line + 2 * count, "%2x", &byte) == 1; count++)
        code[count] = (uint8_t)byte;
    return count;
}

int main(void)
{
    uint8_t code[X86_LENGTH_MAX];
    char line[64];

    while (fgets(line, sizeof(line), stdin)) {
        size_t size = bytes_read(line, code), shorter = 0;

        for (size_t i = 1; i < size && shorter == 0; i++)
            shorter = x86_length(code, i);
        if (x86_length(code, size) != size || shorter)
            fputs(line, stdout);
    }
    return 0;
}
