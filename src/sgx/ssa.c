/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/ssa.h"

#include "sgx/arch.h"

enum {
    VECTOR_BP = 3,
    VECTOR_GP = 13,
    VECTOR_PF = 14,
    XFRM_BITS = 19,
};

/* #DE, #DB, #BP, #BR, #UD, #MF, #AC, #XM */
#define RECORDED                                                                                   \
    (UINT32_C(1) << 0 | 1U << 1 | 1U << 3 | 1U << 5 | 1U << 6 | 1U << 16 | 1U << 17 | 1U << 19)

uint32_t sgx_ssa_exitinfo(unsigned vector, uint32_t miscselect)
{
    uint32_t recorded = RECORDED;

    if (miscselect & SGX_MISC_EXINFO)
        recorded |= UINT32_C(1) << VECTOR_GP | UINT32_C(1) << VECTOR_PF;
    if (vector > 31 || !(recorded >> vector & 1))
        return 0;
    return SGX_EXITINFO_VALID | vector |
           (vector == VECTOR_BP ? SGX_EXITINFO_SOFTWARE : SGX_EXITINFO_HARDWARE);
}

/* The end of each state component, in bytes, from CPUID leaf 0xd of Intel's processors. */
static const uint16_t component_end[XFRM_BITS] = {
    [0] = SGX_XSAVE_LEGACY_SIZE,
    [1] = SGX_XSAVE_LEGACY_SIZE,
    [2] = 832,    /* AVX */
    [3] = 1024,   /* BNDREGS */
    [4] = 1088,   /* BNDCSR */
    [5] = 1152,   /* opmask */
    [6] = 1664,   /* ZMM_Hi256 */
    [7] = 2688,   /* Hi16_ZMM */
    [9] = 2696,   /* PKRU */
    [17] = 2816,  /* XTILECFG */
    [18] = 11008, /* XTILEDATA */
};

uint32_t sgx_ssa_xsave_size(uint64_t xfrm)
{
    uint32_t size = SGX_XSAVE_LEGACY_SIZE;

    if (xfrm >> XFRM_BITS)
        return 0;
    for (unsigned bit = 0; bit < XFRM_BITS; bit++) {
        if (!(xfrm >> bit & 1))
            continue;
        if (component_end[bit] == 0)
            return 0;
        if (component_end[bit] > size)
            size = component_end[bit];
    }
    return size;
}
