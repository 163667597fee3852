/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/fast.h: entering and leaving an enclave without a signal. In all tiers but sigill,
 * the vDSO function enters by itself when the thread enters the same TCS as the last time. In the
 * call tier, an EEXIT in an enclave becomes CALL *%RAX into a page at address zero. fast.c explains
 * both.
 */
#ifndef COFFER_EMULATOR_CPU_FAST_H
#define COFFER_EMULATOR_CPU_FAST_H

#include <stdbool.h>

#include "emulator/cpu/transition.h"

/** fast_generation - an entry that was remembered with another number is stale; 0: no fast paths */
extern _Atomic uint64_t fast_generation;

/** fast_setup() - allow fast entries; @calls: also map the page at zero. Called once in a
 *  process. */
void fast_setup(bool calls);

/** fast_mark() - load the selector of slot @index into ES of the calling thread */
void fast_mark(unsigned index);

/** fast_remember() - EENTER has succeeded, so the next one may be fast.
 *  @frame: address of GPRSGX in SSA frame 0 */
void fast_remember(struct thread *t, const struct enclave *e, uint64_t frame);

/** fast_forget() - an enclave or its pages have changed: forget every remembered entry */
void fast_forget(void);

/**
 * fast_settle() - a signal may have interrupted a fast path: finish or undo it
 * @was_inside: struct thread.inside when the signal came
 * Return: is the thread inside after that.
 */
bool fast_settle(struct thread *t, struct kernel_context *uc, bool was_inside);

/** fast_patch() - turn an EEXIT site, which begins with INT3 already, into a call. @bytes: the site
 * in the backing. Return: false without the page at zero. */
bool fast_patch(volatile uint8_t *bytes);

/** fast_call_undo() - a call through address zero came to the breakpoint at its end: move the
 *  context back to the calling site. Return: false, with nothing changed, for any other
 *  breakpoint. */
bool fast_call_undo(struct kernel_context *uc);

#endif
