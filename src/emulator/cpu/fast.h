/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/fast.h: entering and leaving without a signal. The vDSO function enters by itself
 * when the thread enters the same TCS as the last time (all tiers but sigill); with the call tier
 * an EEXIT site becomes CALL *%RAX, RAX being 4, into a page at address zero.
 *
 * Which thread this is, must be known with any FS base and without a free register: the thread's ES
 * selector names an entry of the LDT, which nothing uses, and the number of its slot. A new thread
 * inherits ES, so the host's FS base has to agree as well.
 *
 * A signal may come at any instruction. fast_settle() finishes or undoes what was begun, so that
 * the rest of the emulator never sees a half-made transition.
 */
#ifndef COFFER_EMULATOR_CPU_FAST_H
#define COFFER_EMULATOR_CPU_FAST_H

#include <stdbool.h>

#include "emulator/cpu/transition.h"

/** fast_generation - counts what makes remembered entries stale; 0: no fast paths */
extern _Atomic uint64_t fast_generation;

/** fast_setup() - allow fast entries; with @calls also map the page at zero. Once a process. */
void fast_setup(bool calls);

/** fast_mark() - give the calling thread the selector of slot @index */
void fast_mark(unsigned index);

/** fast_remember() - EENTER succeeded: the next one may be fast */
void fast_remember(struct thread *t, const struct enclave *e, uint64_t frame);

/** fast_forget() - an enclave or a page of one changed: nothing remembered holds */
void fast_forget(void);

/**
 * fast_settle() - a signal came, perhaps in the middle of a fast path
 * @was_inside: what the signal's entry found
 * Return: whether the thread is inside now that nothing is half done.
 */
bool fast_settle(struct thread *t, struct kernel_context *uc, bool was_inside);

/** fast_patch() - turn an EEXIT site, which is INT3 already, into a call. @bytes: where it can be
 *  written. */
void fast_patch(volatile uint8_t *bytes);

/** fast_call_undo() - a call through address zero came to the breakpoint at its end: move the
 * context back to the calling site. Return: false, with nothing changed, for any other breakpoint.
 */
bool fast_call_undo(struct kernel_context *uc);

#endif
