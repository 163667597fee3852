/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/cpu.h"

#include <string.h>
#include <sys/auxv.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum {
    EAX,
    EBX,
    ECX,
    EDX,
};

enum {
    LEAF_MAXIMUM = 0,
    LEAF_FEATURES = 7,
    LEAF_SGX = 0x12,
    SUBLEAF_SGX_SECTIONS = 2, /* the first of the EPC sections */
    SECTION_TYPE_MASK = 0xf,
    SECTION_TYPE_EPC = 1,
};

#define SECTION_LOW_MASK  UINT32_C(0xfffff000)
#define SECTION_HIGH_MASK UINT32_C(0x000fffff)
#define HWCAP2_FSGSBASE   (UINT64_C(1) << 1) /* Linux 5.9, asm/hwcap2.h */

static void machine_cpuid(void *context, uint32_t leaf, uint32_t subleaf,
                          uint32_t ret_regs[static 4])
{
    (void)context;
    memset(ret_regs, 0, 4 * sizeof(*ret_regs));
#if defined(__x86_64__)
    if (leaf <= (uint32_t)__get_cpuid_max(leaf & UINT32_C(0x80000000), NULL))
        __cpuid_count(leaf, subleaf, ret_regs[EAX], ret_regs[EBX], ret_regs[ECX], ret_regs[EDX]);
#else
    (void)leaf;
    (void)subleaf;
#endif
}

static uint64_t machine_hwcap2(void *context)
{
    (void)context;
    return getauxval(AT_HWCAP2);
}

const struct platform_cpu_source *platform_cpu_source_machine(void)
{
    static const struct platform_cpu_source machine = {
        .cpuid = machine_cpuid,
        .hwcap2 = machine_hwcap2,
    };

    return &machine;
}

static uint64_t epc_sections_size(const struct platform_cpu_source *source)
{
    uint32_t regs[4];
    uint64_t total = 0;

    for (uint32_t i = 0; i < PLATFORM_CPU_EPC_SECTIONS_MAX; i++) {
        source->cpuid(source->context, LEAF_SGX, SUBLEAF_SGX_SECTIONS + i, regs);
        if ((regs[EAX] & SECTION_TYPE_MASK) != SECTION_TYPE_EPC)
            break;
        total += (uint64_t)(regs[EDX] & SECTION_HIGH_MASK) << 32 | (regs[ECX] & SECTION_LOW_MASK);
    }
    return total;
}

static bool bit(uint32_t word, unsigned index)
{
    return (word >> index & 1) != 0;
}

void platform_cpu_read(const struct platform_cpu_source *source, struct platform_cpu *ret)
{
    struct platform_cpu cpu = {0};
    uint32_t regs[4];
    uint32_t leaf_max;

    cpu.has_fsgsbase = (source->hwcap2(source->context) & HWCAP2_FSGSBASE) != 0;
    source->cpuid(source->context, LEAF_MAXIMUM, 0, regs);
    leaf_max = regs[EAX];

    if (leaf_max >= LEAF_FEATURES) {
        source->cpuid(source->context, LEAF_FEATURES, 0, regs);
        cpu.has_sgx = bit(regs[EBX], 2);
        cpu.has_flc = bit(regs[ECX], 30);
    }
    /* Without the feature bit leaf 0x12 is reserved and may hold anything. */
    if (cpu.has_sgx && leaf_max >= LEAF_SGX) {
        source->cpuid(source->context, LEAF_SGX, 0, regs);
        cpu.has_sgx1 = bit(regs[EAX], 0);
        cpu.has_sgx2 = bit(regs[EAX], 1);
        source->cpuid(source->context, LEAF_SGX, 1, regs);
        cpu.xfrm = (uint64_t)regs[EDX] << 32 | regs[ECX];
        cpu.epc_size = epc_sections_size(source);
    }
    *ret = cpu;
}
