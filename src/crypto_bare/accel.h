/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_bare/accel.h: which instruction sets the ciphers here may use. Asked of CPUID at first
 * use; inside an enclave CPUID is illegal, so there the runtime says it with accel_set() and the
 * portable paths serve until then. All paths give the same results in constant time.
 */
#ifndef COFFER_CRYPTO_BARE_ACCEL_H
#define COFFER_CRYPTO_BARE_ACCEL_H

#include <stdbool.h>

enum accel {
    ACCEL_AES = 1 << 0,   /* AES-NI, SSSE3 and SSE4.1 */
    ACCEL_SHA = 1 << 1,   /* SHA extensions, SSSE3 and SSE4.1 */
    ACCEL_CLMUL = 1 << 2, /* PCLMULQDQ and SSSE3 */
    ACCEL_VAES = 1 << 3,  /* all of ACCEL_AES and ACCEL_CLMUL on 256 bits, and AVX2 */
};

enum {
    ACCEL_ALL = ACCEL_AES | ACCEL_SHA | ACCEL_CLMUL | ACCEL_VAES,
};

/** accel_detect() - ask CPUID. Return: a set of enum accel. Not callable inside an enclave. */
unsigned accel_detect(void);

/** accel_within() - what of @set may be used while XCR0, or an enclave's XFRM, is @xcr0: without
 *  its AVX bit a VEX instruction is #UD */
unsigned accel_within(unsigned set, unsigned long long xcr0);

/** accel_set() - use exactly @set from now on; 0 selects the portable paths */
void accel_set(unsigned set);

/** accel_has() - may @which be used */
bool accel_has(enum accel which);

#endif
