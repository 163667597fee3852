/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of cpuid_library.c, found with dlsym(). */
#ifndef CPUID_LIBRARY_H
#define CPUID_LIBRARY_H

#define CPUID_LIBRARY __attribute__((visibility("default")))

struct answer {
    unsigned eax, ebx, ecx, edx;
};

CPUID_LIBRARY struct answer library_ask(unsigned leaf, unsigned subleaf);
CPUID_LIBRARY unsigned library_at_load(void);  /* EBX of leaf 7 in its constructor */
CPUID_LIBRARY unsigned library_constant(void); /* 0xa20f */
CPUID_LIBRARY unsigned library_sized(void);    /* EBX of leaf 7 */
CPUID_LIBRARY unsigned library_unsized(void);
extern CPUID_LIBRARY const unsigned char library_table[4]; /* CPUID twice, as data */

#endif
