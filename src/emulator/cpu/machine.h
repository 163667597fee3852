/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/machine.h: what the processor does. The emulator asks nowhere else, so that a build
 * of the library for tests (tests/support/other_machines.c) can be on another machine than this
 * one.
 */
#ifndef COFFER_EMULATOR_CPU_MACHINE_H
#define COFFER_EMULATOR_CPU_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "emulator/signal/kernel_abi.h"
#include "sgx/cpuid.h"

/** machine_cpuid() - CPUID, which must not fault now */
struct cpuid_regs machine_cpuid(uint32_t leaf, uint32_t subleaf);

/** machine_xcr0() - 0 where the system has not switched XSAVE on */
uint64_t machine_xcr0(void);

/** machine_fault_cpuid() - have CPUID raise #GP in this thread, or not. Return: 0; a negative errno
 *  where the processor or the kernel cannot. */
int machine_fault_cpuid(bool faults);

/** machine_has_fsgsbase() - may user code use RDFSBASE and its like; @hwcap2 from AT_HWCAP2 */
bool machine_has_fsgsbase(uint64_t hwcap2);

/**
 * machine_signal() - how this machine's processor would have raised a signal
 * @info: as the kernel wrote it; returned as it is by the real machine
 * @uc: its context, of which another machine changes the exception and its error code
 */
const struct kernel_siginfo *machine_signal(const struct kernel_siginfo *info,
                                            struct kernel_context *uc);

#endif
