/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/xcr0.h: inside an enclave, XCR0 is XFRM. The instructions that depend on XCR0 become
 * breakpoints in the executable pages of an enclave, in all tiers but sigill, and are emulated.
 */
#ifndef COFFER_EMULATOR_CPU_XCR0_H
#define COFFER_EMULATOR_CPU_XCR0_H

#include "emulator/cpu/transition.h"
#include "emulator/cpu/xcr0_site.h"

/** xcr0_patch() - put breakpoints into the executable pages of [@address, @address + @size) */
void xcr0_patch(struct enclave *e, uint64_t address, uint64_t size);

/** xcr0_take() - take the signal if such a breakpoint inside the enclave has raised it: RIP moves
 *  back to the instruction, which is decoded in @ret. Return: false, with nothing changed, for any
 *  other signal. */
bool xcr0_take(const struct enclave *e, const struct kernel_siginfo *info,
               struct kernel_context *uc, struct xcr0_instruction *ret);

/** xcr0_execute() - emulate the instruction. Return: EXCEPTION_NONE with RIP after it, or its
 * fault. */
struct exception xcr0_execute(const struct thread *t, struct kernel_context *uc,
                              const struct xcr0_instruction *in);

#endif
