/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/cpuid.h"

enum {
    LEAF_MAXIMUM = 0,
    LEAF_FEATURES = 7,

    SUBLEAF_CAPABILITIES = 0,
    SUBLEAF_ATTRIBUTES = 1,
    SUBLEAF_EPC = 2, /* the first section; later ones are invalid, which is all zero */

    CAPABILITY_SGX1 = 1 << 0,
    CAPABILITY_SGX2 = 1 << 1,
    CAPABILITY_EDECCSSA = 1 << 11, /* processors have had it since AEX-Notify */
    SIZE_LOG2_32BIT = 31,          /* size of the largest enclave outside 64-bit mode */
    SECTION_EPC = 1, /* low bits of EAX: valid; of ECX: confidentiality and integrity */
};
#define FEATURE_SGX  (UINT32_C(1) << 2)     /* EBX */
#define FEATURE_LC   (UINT32_C(1) << 30)    /* ECX: SGX Launch Configuration */
#define SECTION_BASE UINT64_C(0x1000000000) /* a physical address, which no program uses */

static struct cpuid_regs section(uint64_t size)
{
    size = sgx_page_down(size);
    return (struct cpuid_regs){.eax = (uint32_t)SECTION_BASE | SECTION_EPC,
                               .ebx = (uint32_t)(SECTION_BASE >> 32),
                               .ecx = (uint32_t)size | SECTION_EPC,
                               .edx = (uint32_t)(size >> 32)};
}

static struct cpuid_regs sgx_leaf(const struct sgx_cpu *cpu, uint64_t epc_size, uint32_t subleaf)
{
    switch (subleaf) {
    case SUBLEAF_CAPABILITIES:
        return (struct cpuid_regs){
            .eax = CAPABILITY_SGX1 | (cpu->has_sgx2 ? CAPABILITY_SGX2 : 0) |
                   (cpu->attributes & SGX_ATTRIBUTE_AEXNOTIFY ? CAPABILITY_EDECCSSA : 0),
            .ebx = cpu->miscselect,
            .edx = (uint32_t)cpu->size_log2 << 8 | SIZE_LOG2_32BIT,
        };
    case SUBLEAF_ATTRIBUTES:
        return (struct cpuid_regs){.eax = (uint32_t)cpu->attributes,
                                   .ebx = (uint32_t)(cpu->attributes >> 32),
                                   .ecx = (uint32_t)cpu->xfrm,
                                   .edx = (uint32_t)(cpu->xfrm >> 32)};
    case SUBLEAF_EPC:
        return section(epc_size);
    default:
        return (struct cpuid_regs){0};
    }
}

struct cpuid_regs sgx_cpuid(const struct sgx_cpu *cpu, uint64_t epc_size, uint32_t leaf,
                            uint32_t subleaf, struct cpuid_regs native)
{
    if (leaf == SGX_CPUID_LEAF)
        return sgx_leaf(cpu, epc_size, subleaf);
    if (leaf == LEAF_MAXIMUM && native.eax < SGX_CPUID_LEAF)
        native.eax = SGX_CPUID_LEAF;
    if (leaf == LEAF_FEATURES && subleaf == 0) {
        native.ebx |= FEATURE_SGX;
        native.ecx |= FEATURE_LC;
    }
    return native;
}
