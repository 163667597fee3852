/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/xcr0.h: inside an enclave XCR0 is its XFRM. The instructions that XCR0 governs
 * become breakpoints in an enclave's executable pages (all tiers but sigill), and are emulated.
 */
#ifndef COFFER_EMULATOR_CPU_XCR0_H
#define COFFER_EMULATOR_CPU_XCR0_H

#include "emulator/cpu/transition.h"
#include "emulator/cpu/xcr0_site.h"

/** xcr0_patch() - pages of [@address, @address + @size) that are executable get their breakpoints
 */
void xcr0_patch(struct enclave *e, uint64_t address, uint64_t size);

/** xcr0_take() - is this signal, which came inside, such a breakpoint's. Then RIP goes back to the
 *  instruction, which is in @ret. */
bool xcr0_take(const struct enclave *e, const struct kernel_siginfo *info,
               struct kernel_context *uc, struct xcr0_instruction *ret);

/** xcr0_execute() - do it. Return: EXCEPTION_NONE and RIP is past it, or the fault that it raises.
 */
struct exception xcr0_execute(const struct thread *t, struct kernel_context *uc,
                              const struct xcr0_instruction *in);

#endif
