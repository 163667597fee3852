/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto_bare/accel.h"

#include <cpuid.h>

enum {
    UNKNOWN = 1 << 7,
    XCR0_AVX = 6, /* SSE and AVX state */
};

/* CPUID is illegal inside an enclave: the portable paths are used until the runtime calls
 * accel_set(). */
#ifdef COFFER_ENCLAVE
static unsigned accel_state;
#else
static unsigned accel_state = UNKNOWN;
#endif

static unsigned long long state_enabled(void)
{
    unsigned a, d;

    __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (unsigned long long)d << 32 | a;
}

unsigned accel_within(unsigned set, unsigned long long xcr0)
{
    return (xcr0 & XCR0_AVX) == XCR0_AVX ? set : set & ~(unsigned)ACCEL_VAES;
}

static unsigned wide_detect(unsigned leaf7_ebx, unsigned leaf7_ecx)
{
    const unsigned wide = bit_VAES | bit_VPCLMULQDQ;

    return leaf7_ebx & bit_AVX2 && (leaf7_ecx & wide) == wide ? ACCEL_VAES : 0;
}

unsigned accel_detect(void)
{
    const unsigned vector = bit_SSSE3 | bit_SSE4_1;
    unsigned a, b, c, d, features;
    unsigned set = 0;

    if (!__get_cpuid(1, &a, &b, &features, &d) || (features & vector) != vector)
        return 0;
    if (features & bit_AES)
        set |= ACCEL_AES;
    if (features & bit_PCLMUL)
        set |= ACCEL_CLMUL;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return set;
    if (b & bit_SHA)
        set |= ACCEL_SHA;
    if (set & ACCEL_AES && set & ACCEL_CLMUL)
        set |= wide_detect(b, c);
    return accel_within(set, features & bit_OSXSAVE ? state_enabled() : 0);
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
