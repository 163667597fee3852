/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/signal/dispositions.h: the kernel sees our handler for every synchronous signal and for
 * each signal that the application handles; the application sees its own dispositions, masks and
 * signal stack.
 *
 * Our handler never has application code above it on its stack: to deliver a signal it builds the
 * frame that the kernel would have built, on the stack the application would have got it on, and
 * returns into the handler (inject.c). So handlers may longjmp, enter enclaves again, or never
 * return, and the signal stack of the emulator is empty whenever anything but the emulator runs.
 */
#ifndef COFFER_EMULATOR_SIGNAL_DISPOSITIONS_H
#define COFFER_EMULATOR_SIGNAL_DISPOSITIONS_H

#include "emulator/signal/kernel_abi.h"
#include "emulator/process/thread.h"

static inline uint64_t signal_bit(int signo)
{
    return UINT64_C(1) << (signo - 1);
}

/** SIGNALS_SYNCHRONOUS - those that a fault raises: never blocked, always ours in the kernel */
#define SIGNALS_SYNCHRONOUS                                                                        \
    (UINT64_C(1) << (SIGNAL_ILL - 1) | UINT64_C(1) << (SIGNAL_TRAP - 1) |                          \
     UINT64_C(1) << (SIGNAL_BUS - 1) | UINT64_C(1) << (SIGNAL_FPE - 1) |                           \
     UINT64_C(1) << (SIGNAL_SEGV - 1) | UINT64_C(1) << (SIGNAL_SYS - 1))

/** signals_is_fault() - has an instruction of this thread raised it; a signal that was sent has a
 * code of 0 or less */
static inline bool signals_is_fault(const struct kernel_siginfo *info)
{
    return info->code > 0 && SIGNALS_SYNCHRONOUS & signal_bit(info->signo);
}

/** SIGNALS_OF_COPY - those that copy_user() meets */
#define SIGNALS_OF_COPY (UINT64_C(1) << (SIGNAL_SEGV - 1) | UINT64_C(1) << (SIGNAL_BUS - 1))

/** signals_setup() - take over the synchronous signals, keeping what was set before as the
 *  application's */
void signals_setup(void);

/** signals_block() - block all signals of the calling thread but those of copy_user() */
void signals_block(uint64_t *ret_mask);

/** signals_block_all() - and those too: for sections that a handler would wait for */
void signals_block_all(uint64_t *ret_mask);
void signals_restore(const uint64_t *mask);

/** signals_after_fork() - no other thread is there that could be writing a disposition */
void signals_after_fork(void);

/** signals_action() - the application's disposition of @signo; safe in a signal */
struct kernel_action signals_action(int signo);

/**
 * signals_action_set() - change it
 * @action: NULL only reads; @ret_old may be NULL
 * Return: 0; -EINVAL; the kernel's error.
 */
int signals_action_set(int signo, const struct kernel_action *action,
                       struct kernel_action *ret_old);

/** signals_action_take() - as the kernel does when it delivers: SA_RESETHAND resets */
struct kernel_action signals_action_take(int signo);

/** signals_mask_set() - sigprocmask for the application: @how, @set, @ret_old as the kernel has
 *  them; synchronous signals stay open and are only remembered */
int signals_mask_set(int how, const uint64_t *set, uint64_t *ret_old);

/** signals_stack_set() - sigaltstack for the application, with @rsp deciding SS_ONSTACK */
int signals_stack_set(const struct kernel_stack *stack, struct kernel_stack *ret_old, uint64_t rsp);

/** signals_copy_user() - copy_user() in a handler of ours, where all signals are blocked */
int signals_copy_user(void *to, const void *from, size_t size);

#endif
