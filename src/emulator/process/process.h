/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/process.h: fork and vfork. The emulator's state is valid in one process only.
 * The child of a fork has a copy of it, with the thread ids of the parent and with locks that other
 * threads of the parent held. The child of a vfork, or of posix_spawn(), runs in the memory of its
 * parent and must not change the state there.
 */
#ifndef COFFER_EMULATOR_PROCESS_PROCESS_H
#define COFFER_EMULATOR_PROCESS_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/** process_fork_word - points to a word that is 0 in the child of a fork until process_forked() has
 *  run there, and 1 otherwise; NULL before process_setup(). entry.S reads it. */
extern _Atomic int *process_fork_word __attribute__((visibility("hidden")));

/** process_setup() - called once in a process. Return: 0; -ENOMEM. */
int process_setup(void);

/** process_forked() - make the copied state the child's: note its process id, mark the slots as the
 *  parent's, release all locks */
void process_forked(void);

/** process_contact() - call process_forked() if it is due; to be called before a lock is taken and
 *  before the calling thread is looked up */
static inline void process_contact(void)
{
    if (process_fork_word && !atomic_load_explicit(process_fork_word, memory_order_acquire))
        process_forked();
}

/**
 * process_is_borrowed() - does the emulator's state belong to another process, because this one is
 * the child of a vfork, or is the emulator not set up? Then a function that would change the state
 * makes the plain system call instead. Costs a system call.
 */
bool process_is_borrowed(void);

#endif
