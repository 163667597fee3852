/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/cpuid.h: CPUID tells of SGX. Where the processor can make CPUID fault
 * (ARCH_SET_CPUID), every one of the process does, and inside an enclave it is #UD. Elsewhere the
 * CPUID instructions of the program and of the known runtimes' libraries become breakpoints.
 */
#ifndef COFFER_EMULATOR_CPU_CPUID_H
#define COFFER_EMULATOR_CPU_CPUID_H

#include <stdbool.h>

#include "emulator/signal/kernel_abi.h"

/** cpuid_setup() - as SOFTWARE_ENV_CPUID wants it */
void cpuid_setup(void);

/** cpuid_take() - was this signal raised for the sake of CPUID, in code of the host; if so @uc
 *  goes on behind it */
bool cpuid_take(const struct kernel_siginfo *info, struct kernel_context *uc);

/** cpuid_is_fault() - is this fault a CPUID of enclave code, which SGX forbids */
bool cpuid_is_fault(const struct kernel_siginfo *info, const struct kernel_context *uc);

#endif
