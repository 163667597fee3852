/* SPDX-License-Identifier: Apache-2.0 */
/* A library that executes CPUID in every way. It is built under the name of a runtime's library and
 * under another name. */
#include "cpuid_library.h"

static unsigned at_load;

CPUID_LIBRARY struct answer library_ask(unsigned leaf, unsigned subleaf)
{
    struct answer a = {.eax = leaf, .ecx = subleaf};

    __asm__ volatile("cpuid" : "+a"(a.eax), "=b"(a.ebx), "+c"(a.ecx), "=d"(a.edx));
    return a;
}

__attribute__((constructor)) static void begin(void)
{
    at_load = library_ask(7, 0).ebx;
}

CPUID_LIBRARY unsigned library_at_load(void)
{
    return at_load;
}

/* The bytes of CPUID inside another instruction. */
CPUID_LIBRARY unsigned library_constant(void)
{
    unsigned value;

    __asm__ volatile("mov $0xa20f, %0" : "=a"(value));
    return value;
}

/* Two functions for leaf 7 in assembly without unwind information: one with a size, one without. A
 * table with the bytes of CPUID follows each. */
__asm__(".text\n"
        ".globl library_sized, library_unsized, library_table\n"
        ".type library_sized, @function\n"
        "library_sized: push %rbx\n mov $7, %eax\n xor %ecx, %ecx\n cpuid\n"
        " mov %ebx, %eax\n pop %rbx\n ret\n"
        ".size library_sized, .-library_sized\n"
        "library_table: .byte 0x0f, 0xa2, 0x0f, 0xa2\n"
        ".type library_unsized, @function\n"
        "library_unsized: push %rbx\n mov $7, %eax\n xor %ecx, %ecx\n cpuid\n"
        " mov %ebx, %eax\n pop %rbx\n ret\n");

/* The function by which a runtime's library is known under any name. */
#ifdef CPUID_LIBRARY_FUNCTION
CPUID_LIBRARY void CPUID_LIBRARY_FUNCTION(void);

CPUID_LIBRARY void CPUID_LIBRARY_FUNCTION(void)
{
}
#endif
