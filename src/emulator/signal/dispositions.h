/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/signal/dispositions.h: the settings that the application has made with sigaction(),
 * sigprocmask() and sigaltstack(). The kernel has the emulator's handler for every synchronous
 * signal and for each signal that the application handles; the application sees its own
 * dispositions, mask and signal stack. Functions whose names end in _set return 0 or the kernel's
 * negative errno.
 */
#ifndef COFFER_EMULATOR_SIGNAL_DISPOSITIONS_H
#define COFFER_EMULATOR_SIGNAL_DISPOSITIONS_H

#include "emulator/signal/kernel_abi.h"
#include "emulator/process/thread.h"

static inline uint64_t signal_bit(int signo)
{
    return UINT64_C(1) << (signo - 1);
}

/** SIGNALS_SYNCHRONOUS - signals that a fault raises: the kernel always has our handler for them,
 * and never has them blocked */
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

/** SIGNALS_OF_COPY - signals that a fault of copy_user() raises */
#define SIGNALS_OF_COPY (UINT64_C(1) << (SIGNAL_SEGV - 1) | UINT64_C(1) << (SIGNAL_BUS - 1))

/** signals_setup() - take the synchronous signals over; the dispositions of before stay the
 *  application's */
void signals_setup(void);

/** signals_block() - block all signals of the calling thread but SIGNALS_OF_COPY */
void signals_block(uint64_t *ret_mask);

/** signals_block_all() - block all signals: for sections under a lock that a handler takes too */
void signals_block_all(uint64_t *ret_mask);
void signals_restore(const uint64_t *mask);

/** signals_after_fork() - in the child of a fork: release the writer's lock, which a thread of the
 *  parent may have held */
void signals_after_fork(void);

/** signals_action() - the application's disposition of @signo; safe in a signal */
struct kernel_action signals_action(int signo);

/**
 * signals_action_set() - change the application's disposition of @signo
 * @action: the new one; NULL: only read
 * @ret_old: the one before; may be NULL
 * Return: 0; -EINVAL; the kernel's error.
 */
int signals_action_set(int signo, const struct kernel_action *action,
                       struct kernel_action *ret_old);

/** signals_action_take() - the disposition for a delivery, which SA_RESETHAND resets to the default
 */
struct kernel_action signals_action_take(int signo);

/** signals_mask_set() - the application's sigprocmask(), with the kernel's @how and sets. The
 * kernel keeps synchronous signals open; that the application blocked them is only remembered. */
int signals_mask_set(int how, const uint64_t *set, uint64_t *ret_old);

/** signals_stack_set() - the application's sigaltstack(); @rsp tells whether it is on that stack */
int signals_stack_set(const struct kernel_stack *stack, struct kernel_stack *ret_old, uint64_t rsp);

/** signals_copy_user() - copy_user() in the emulator's signal handler, where all signals are
 * blocked */
int signals_copy_user(void *to, const void *from, size_t size);

#endif
