/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_bare/accel.h: the instruction sets that the ciphers of this room may use. The first use
 * asks CPUID. CPUID is illegal inside an enclave, so there the runtime calls accel_set(), and the
 * portable paths are used until then. All paths give the same results, in constant time.
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

/** accel_detect() - ask CPUID. Return: a set of enum accel. Must not be called inside an
 *  enclave. */
unsigned accel_detect(void);

/** accel_within() - the part of @set that may be used while XCR0, or the XFRM of an enclave, is
 * @xcr0: a VEX instruction is #UD without the AVX bit */
unsigned accel_within(unsigned set, unsigned long long xcr0);

/** accel_set() - use exactly @set from now on; 0 selects the portable paths */
void accel_set(unsigned set);

/** accel_has() - may @which be used */
bool accel_has(enum accel which);

#endif
