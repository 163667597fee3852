/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/cpu/machine.h"

#include <cpuid.h>

#include "emulator/sys.h"

enum {
    SET_CPUID = 0x1012, /* arch_prctl: ARCH_SET_CPUID */
    LEAF_FEATURES = 1,
    HWCAP2_FSGSBASE = 1 << 1,
};

struct cpuid_regs machine_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_regs r;

    __cpuid_count(leaf, subleaf, r.eax, r.ebx, r.ecx, r.edx);
    return r;
}

uint64_t machine_xcr0(void)
{
    uint32_t low, high;

    if (!(machine_cpuid(LEAF_FEATURES, 0).ecx & bit_OSXSAVE))
        return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

int machine_fault_cpuid(bool faults)
{
    return (int)sys_call3(__NR_arch_prctl, SET_CPUID, !faults, 0);
}

bool machine_has_fsgsbase(uint64_t hwcap2)
{
    return hwcap2 & HWCAP2_FSGSBASE;
}

const struct kernel_siginfo *machine_signal(const struct kernel_siginfo *info,
                                            struct kernel_context *uc)
{
    (void)uc;
    return info;
}
