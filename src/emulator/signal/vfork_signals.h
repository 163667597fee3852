/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/signal/vfork_signals.h: the signal calls of a process that borrows its parent's memory,
 * the child of a vfork (process.h). The kernel gets the request of the program unchanged, and
 * nothing is kept here. A disposition that the child inherited is read as the parent set it.
 */
#ifndef COFFER_EMULATOR_SIGNAL_VFORK_SIGNALS_H
#define COFFER_EMULATOR_SIGNAL_VFORK_SIGNALS_H

#include "emulator/signal/kernel_abi.h"

/** vfork_signals_action(), vfork_signals_mask(), vfork_signals_stack() - sigaction, sigprocmask and
 *  sigaltstack. Return: 0 or the kernel's error. */
int vfork_signals_action(int signo, const struct kernel_action *action,
                         struct kernel_action *ret_old);
int vfork_signals_mask(int how, const uint64_t *set, uint64_t *ret_old);
int vfork_signals_stack(const struct kernel_stack *stack, struct kernel_stack *ret_old);

#endif
