/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/process.h: whose memory this is. What the emulator keeps is true of one process.
 * The child of a fork has a copy of it, with the parent's thread ids and with locks that other
 * threads held; the child of a vfork, or of posix_spawn, works in the memory of its parent and must
 * leave it as it is.
 */
#ifndef COFFER_EMULATOR_PROCESS_PROCESS_H
#define COFFER_EMULATOR_PROCESS_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/** process_fork_word - a word that is 0 in the child of a fork until its first call of the library;
 *  NULL until process_setup(). Read by entry.S. */
extern _Atomic int *process_fork_word __attribute__((visibility("hidden")));

/** process_setup() - once a process. Return: 0; -ENOMEM. */
int process_setup(void);

/** process_forked() - make the copy the child's own: its id, its slots, and no lock held */
void process_forked(void);

/** process_contact() - whatever takes a lock or looks for its thread comes through here first */
static inline void process_contact(void)
{
    if (process_fork_word && !atomic_load_explicit(process_fork_word, memory_order_acquire))
        process_forked();
}

/**
 * process_is_borrowed() - is the emulator's state none of this process's: its memory is its
 * parent's, or the emulator is not set up. Whoever would change that state makes the plain system
 * call instead. Costs a system call.
 */
bool process_is_borrowed(void);

#endif
