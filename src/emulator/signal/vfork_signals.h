/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/signal/vfork_signals.h: the signal calls of a process whose memory is borrowed
 * (process.h). The kernel gets what the program asks for, nothing is kept, and what was inherited
 * is read as the parent's. And delivery as the kernel does it, to a thread that cannot be armed.
 */
#ifndef COFFER_EMULATOR_SIGNAL_VFORK_SIGNALS_H
#define COFFER_EMULATOR_SIGNAL_VFORK_SIGNALS_H

#include "emulator/signal/kernel_abi.h"

/** plain_action(), plain_mask(), plain_stack() - as signal_set_action() and its like */
int plain_action(int signo, const struct kernel_action *action, struct kernel_action *ret_old);
int plain_mask(int how, const uint64_t *set, uint64_t *ret_old);
int plain_stack(const struct kernel_stack *stack, struct kernel_stack *ret_old);

/** plain_deliver() - a signal of a thread for which there is no slot: the application's handler
 * runs right here, on the stack that the kernel has chosen. Returning continues what @uc says. */
void plain_deliver(const struct kernel_siginfo *info, struct kernel_context *uc);

#endif
