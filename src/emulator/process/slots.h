/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/process/slots.h: which thread has which slot of the arena (thread.h). */
#ifndef COFFER_EMULATOR_PROCESS_SLOTS_H
#define COFFER_EMULATOR_PROCESS_SLOTS_H

#include "emulator/process/thread.h"

unsigned slots_index(const struct thread *t);

/** slots_claim() - the slot of the calling thread: the one it has, or a free one. NULL: no room. */
struct thread *slots_claim(void);

/** slots_after_fork() - no slot is free but those never used, until the thread that forked has
 *  come with its own */
void slots_after_fork(void);

/** slots_is_parents() - nobody has come for it since the fork */
bool slots_is_parents(const struct thread *t);

/** slots_inherit() - the calling thread is the one that forked and stands on @t */
void slots_inherit(const struct thread *t);

#endif
