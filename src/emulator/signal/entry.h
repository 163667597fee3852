/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/signal/entry.h: what entry.S defines, and the C functions that it calls. A label stands
 * for an address of code: C compares RIP with labels and sets RIP to them.
 */
#ifndef COFFER_EMULATOR_SIGNAL_ENTRY_H
#define COFFER_EMULATOR_SIGNAL_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "emulator/signal/kernel_abi.h"

struct thread;

/* -- signals -- */

/** signal_entry() - the handler that the kernel calls for each signal of ours */
void signal_entry(void);

/** signal_restorer() - where the application's handlers return to: rt_sigreturn */
void signal_restorer(void);

/** signal_return_begin, signal_return_end - the one system call that a thread makes while it counts
 * as inside */
extern const uint8_t signal_return_begin[], signal_return_end[];

/** loader_return - a RET, for the function of the dynamic linker that became a breakpoint */
extern const uint8_t loader_return[];

/**
 * dispatch_signal() - a signal of a thread that has a slot
 * @t: its block; on its signal stack, with the host's FS and GS
 * @was_inside: the thread was inside an enclave
 */
void dispatch_signal(const struct kernel_siginfo *info, struct kernel_context *uc, struct thread *t,
                     unsigned was_inside);

/** dispatch_nested() - a signal that interrupted the emulator on the signal stack of @t */
void dispatch_nested(const struct kernel_siginfo *info, struct kernel_context *uc,
                     struct thread *t);

/**
 * dispatch_unarmed() - a signal of a thread without a slot, on a stack of the application
 * Return: the signal's frame on the signal stack of the slot that the thread has now, from where
 * dispatch_signal() takes it; NULL when the signal is done with.
 */
void *dispatch_unarmed(const struct kernel_siginfo *info, struct kernel_context *uc);

/* -- copies that may fault -- */

/** copy_user() - copy where either side may fault. Return: 0; -EFAULT. */
int copy_user(void *to, const void *from, size_t size);

/** copy_user_fault - the only instruction of it that faults; copy_user_failed - where it goes on */
extern const uint8_t copy_user_fault[], copy_user_failed[];

/* -- the vDSO function -- */

extern const uint8_t __vdso_sgx_enter_enclave[];

/** vdso_enclu - its ENCLU, entry point and AEP at once; vdso_return - where EEXIT returns to;
 *  vdso_fault - where an exception of the ENCLU is reported to the caller */
extern const uint8_t vdso_enclu[], vdso_return[], vdso_fault[];

/* -- the fast path (cpu/fast.c), in the order of the code -- */

extern const uint8_t fast_enter_begin[], fast_enter_taken[], fast_enter_decide[],
    fast_enter_claimed[], fast_enter_state[], fast_enter_stated[], fast_enter_commit[],
    fast_enter_end[];
extern const uint8_t fast_exit[], fast_exit_begin[], fast_exit_state[], fast_exit_stated[],
    fast_exit_released[], fast_exit_end[], fast_exit_slow[];

/** fast_exit_jump - the target of an enclave's jump for EEXIT, with the operands of EEXIT but RAX;
 *  fast_exit_jump_end - a breakpoint, for threads without a selector in ES */
extern const uint8_t fast_exit_jump[], fast_exit_jump_end[];

#endif
