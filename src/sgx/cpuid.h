/* SPDX-License-Identifier: Apache-2.0 */
/* sgx/cpuid.h: what CPUID reports of SGX (SDM vol. 3D 34.7, vol. 2A CPUID leaves 7 and 12H). */
#ifndef COFFER_SGX_CPUID_H
#define COFFER_SGX_CPUID_H

#include "sgx/load.h"

enum {
    SGX_CPUID_LEAF = 0x12,
};

/** struct cpuid_regs - the registers that CPUID writes */
struct cpuid_regs {
    uint32_t eax, ebx, ecx, edx;
};

/**
 * sgx_cpuid() - the answer of a processor with SGX, Flexible Launch Control and one EPC section
 * @native:   the real processor's answer for the same @leaf and @subleaf
 * @epc_size: bytes; for SGX_CPUID_LEAF only
 */
struct cpuid_regs sgx_cpuid(const struct sgx_cpu *cpu, uint64_t epc_size, uint32_t leaf,
                            uint32_t subleaf, struct cpuid_regs native);

#endif
