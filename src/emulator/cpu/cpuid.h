/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/cpuid.h: CPUID reports SGX. Where the processor can make CPUID fault
 * (ARCH_SET_CPUID), this holds for every CPUID of the process. Elsewhere it holds for the CPUID
 * instructions of the program and of known runtimes' libraries, which become breakpoints.
 */
#ifndef COFFER_EMULATOR_CPU_CPUID_H
#define COFFER_EMULATOR_CPU_CPUID_H

#include <stdbool.h>

#include "emulator/signal/kernel_abi.h"

/** cpuid_setup() - begin, unless SOFTWARE_ENV_CPUID says "off" */
void cpuid_setup(void);

/** cpuid_take() - take the signal if a CPUID of the host has raised it, or the dynamic linker's
 *  breakpoint: @uc continues after the instruction with the answer. Return: false for any other. */
bool cpuid_take(const struct kernel_siginfo *info, struct kernel_context *uc);

/** cpuid_is_fault() - has a CPUID that faults raised this signal; inside an enclave it is #UD */
bool cpuid_is_fault(const struct kernel_siginfo *info, const struct kernel_context *uc);

#endif
