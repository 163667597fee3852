/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/machine.h: the properties of the processor. The emulator asks this module only, so a
 * build of the library for tests can replace it and stand for another machine
 * (tests/support/other_machines.c).
 */
#ifndef COFFER_EMULATOR_CPU_MACHINE_H
#define COFFER_EMULATOR_CPU_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "emulator/signal/kernel_abi.h"
#include "sgx/cpuid.h"

/** machine_cpuid() - execute CPUID, while it does not fault */
struct cpuid_regs machine_cpuid(uint32_t leaf, uint32_t subleaf);

/** machine_xcr0() - read XCR0; 0 when the system has not enabled XSAVE */
uint64_t machine_xcr0(void);

/** machine_fault_cpuid() - make CPUID raise #GP in this thread, or not. Return: 0; a negative errno
 *  when the processor or the kernel cannot do it. */
int machine_fault_cpuid(bool faults);

/** machine_has_fsgsbase() - may user code execute RDFSBASE and WRFSBASE. @hwcap2: AT_HWCAP2 */
bool machine_has_fsgsbase(uint64_t hwcap2);

/**
 * machine_signal() - the signal that the processor of this machine would have raised
 * @info: from the kernel; the real machine returns it unchanged
 * @uc: its context; another machine changes the exception and the error code in it
 */
const struct kernel_siginfo *machine_signal(const struct kernel_siginfo *info,
                                            struct kernel_context *uc);

#endif
