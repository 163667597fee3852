/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/signal/inject.h: how the application gets a signal that the kernel gave to the emulator.
 */
#ifndef COFFER_EMULATOR_SIGNAL_INJECT_H
#define COFFER_EMULATOR_SIGNAL_INJECT_H

#include "emulator/process/thread.h"
#include "emulator/signal/kernel_abi.h"

/** inject_deliver() - let the application have the signal: edit @uc so that returning from ours
 *  enters its handler, or let the default action happen. @repeats: a fault that the instruction
 *  at RIP will raise again */
void inject_deliver(struct thread *t, const struct kernel_siginfo *info, struct kernel_context *uc,
                    bool repeats);

/**
 * inject_frame() - what the kernel would put below @top for a signal
 * @stack: for the context: the signal stack to install at the handler's return
 * Return: its address; 0 when it cannot be written.
 */
uint64_t inject_frame(uint64_t top, const struct kernel_siginfo *info,
                      const struct kernel_context *uc, const struct kernel_stack *stack);

/** inject_call() - the same for a thread that can have no slot: the application's handler runs
 * right here, on the stack that the kernel has chosen; returning continues with what @uc says */
void inject_call(const struct kernel_siginfo *info, struct kernel_context *uc);

/** inject_kill() - the default action of @signo, now */
void inject_kill(int signo);

#endif
