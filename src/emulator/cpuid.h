/* emulator/cpuid.h: the CPUID that a processor with SGX would give. */
#ifndef COFFER_EMULATOR_CPUID_H
#define COFFER_EMULATOR_CPUID_H

#include <stdbool.h>

#include "emulator/kernel.h"

/** cpuid_emulate() - execute the CPUID that trapped at RIP. Return: false when it is something
 *  else. */
bool cpuid_emulate(const struct kernel_siginfo *info, struct kernel_context *uc);

#endif
