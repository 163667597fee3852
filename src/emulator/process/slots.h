/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/process/slots.h: which thread has which slot of the arena (thread.h). */
#ifndef COFFER_EMULATOR_PROCESS_SLOTS_H
#define COFFER_EMULATOR_PROCESS_SLOTS_H

#include "emulator/process/thread.h"

/** thread_arena, thread_arena_size - in bytes; read by entry.S. Size 0 until thread_setup(). */
extern uint64_t thread_arena __attribute__((visibility("hidden")));
extern uint64_t thread_arena_size __attribute__((visibility("hidden")));

unsigned slot_index(const struct thread *t);

/** slot_claim() - the slot of the calling thread: the one it has, or a free one. NULL: no room. */
struct thread *slot_claim(void);

/** slots_after_fork() - no slot is free but those never used, until the thread that forked has
 *  come with its own */
void slots_after_fork(void);

/** slot_is_parents() - nobody has come for it since the fork */
bool slot_is_parents(const struct thread *t);

/** slot_inherit() - the calling thread is the one that forked and stands on @t */
void slot_inherit(const struct thread *t);

#endif
