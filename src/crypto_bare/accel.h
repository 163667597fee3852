/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_bare/accel.h: which instruction sets the ciphers here may use. Asked of CPUID at first
 * use; inside an enclave CPUID is illegal, so there the runtime says it with accel_set() and the
 * portable paths serve until then. Both paths give the same results in constant time.
 */
#ifndef COFFER_CRYPTO_BARE_ACCEL_H
#define COFFER_CRYPTO_BARE_ACCEL_H

#include <stdbool.h>

enum accel {
    ACCEL_AES = 1 << 0, /* AES-NI */
    ACCEL_SHA = 1 << 1, /* SHA extensions, SSSE3 and SSE4.1 */
};

/** accel_detect() - ask CPUID. Return: a set of enum accel. Not callable inside an enclave. */
unsigned accel_detect(void);

/** accel_set() - use exactly @set from now on; 0 selects the portable paths */
void accel_set(unsigned set);

/** accel_has() - may @which be used */
bool accel_has(enum accel which);

#endif
