/* SPDX-License-Identifier: Apache-2.0 */
/* platform/cpu.h: what CPUID and the auxiliary vector tell of SGX. Intel SDM vol. 2A, CPUID. */
#ifndef COFFER_PLATFORM_CPU_H
#define COFFER_PLATFORM_CPU_H

#include "platform/platform.h"

enum {
    PLATFORM_CPU_EPC_SECTIONS_MAX = 32, /* subleaves of leaf 0x12 that are read; Linux takes 8 */
};

/** platform_cpu_source_machine() - the processor this program runs on; static */
const struct platform_cpu_source *platform_cpu_source_machine(void);

/** platform_cpu_read() - decode leaves 7 and 0x12 and AT_HWCAP2; total, never fails: absent reads
 * as zero */
void platform_cpu_read(const struct platform_cpu_source *source, struct platform_cpu *ret);

#endif
