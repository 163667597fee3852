/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/slots.h: which thread owns which slot of the arena (thread.h). All functions may
 * be called in a signal handler and from several threads at once.
 */
#ifndef COFFER_EMULATOR_PROCESS_SLOTS_H
#define COFFER_EMULATOR_PROCESS_SLOTS_H

#include "emulator/process/thread.h"

/** slots_index() - the number of a slot, from 0 */
unsigned slots_index(const struct thread *t);

/** slots_claim() - the slot of the calling thread: the one that it owns, or a free one. NULL:
 *  none. */
struct thread *slots_claim(void);

/** slots_after_fork() - in the child of a fork: reserve every used slot, until the thread that
 * forked has been seen on its own */
void slots_after_fork(void);

/** slots_is_parents() - is @t reserved since the fork */
bool slots_is_parents(const struct thread *t);

/** slots_inherit() - the calling thread is the one that forked, and @t is its slot */
void slots_inherit(const struct thread *t);

#endif
