/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/signal/inject.h: how the application gets a signal that the kernel gave to the emulator.
 */
#ifndef COFFER_EMULATOR_SIGNAL_INJECT_H
#define COFFER_EMULATOR_SIGNAL_INJECT_H

#include "emulator/process/thread.h"
#include "emulator/signal/kernel_abi.h"

/** inject_deliver() - deliver a signal to the application: edit @uc so that the emulator's handler
 *  returns into the application's, or start the default action.
 *  @repeats: the instruction at RIP will raise this fault again */
void inject_deliver(struct thread *t, const struct kernel_siginfo *info, struct kernel_context *uc,
                    bool repeats);

/**
 * inject_frame() - write the frame that the kernel would write below @top for a signal
 * @stack: the signal stack that rt_sigreturn installs when the handler returns
 * Return: the frame's address; 0 when the memory cannot be written.
 */
uint64_t inject_frame(uint64_t top, const struct kernel_siginfo *info,
                      const struct kernel_context *uc, const struct kernel_stack *stack);

/** inject_call() - deliver a signal to a thread for which there is no slot: call the application's
 *  handler on the stack that the kernel has chosen. Returns when the handler has returned. */
void inject_call(const struct kernel_siginfo *info, struct kernel_context *uc);

/** inject_kill() - the default action of @signo, at once */
void inject_kill(int signo);

#endif
