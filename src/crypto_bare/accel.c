/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto_bare/accel.h"

#include <cpuid.h>

enum {
    UNKNOWN = 1 << 7,
};

/* Inside an enclave nobody asks CPUID: the portable paths serve until the runtime knows better. */
#ifdef COFFER_ENCLAVE
static unsigned accel_state;
#else
static unsigned accel_state = UNKNOWN;
#endif

unsigned accel_detect(void)
{
    unsigned a, b, c, d;
    unsigned set = 0;
    const unsigned vector = bit_SSSE3 | bit_SSE4_1;

    if (!__get_cpuid(1, &a, &b, &c, &d))
        return 0;
    if (c & bit_AES)
        set |= ACCEL_AES;
    if ((c & vector) == vector && __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA)
        set |= ACCEL_SHA;
    return set;
}

void accel_set(unsigned set)
{
    __atomic_store_n(&accel_state, set, __ATOMIC_RELAXED);
}

bool accel_has(enum accel which)
{
    unsigned set = __atomic_load_n(&accel_state, __ATOMIC_RELAXED);

    if (set == UNKNOWN) {
        set = accel_detect();
        accel_set(set);
    }
    return set & which;
}
