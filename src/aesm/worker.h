/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/worker.h: a thread for a backend that may block. One piece of work at a time: the queue
 * hands out the next when the last is done, so there is nothing to line up here.
 */
#ifndef COFFER_AESM_WORKER_H
#define COFFER_AESM_WORKER_H

#include "base/err.h"

struct worker; /* opaque */

/** worker_new() - start the thread. Return: 0; -ENOMEM; errno of the event descriptor. */
NODISCARD int worker_new(struct worker **ret, struct err *err);

/** worker_free() - stop the thread; waits for the work that runs */
void worker_free(struct worker *w);
void worker_freep(struct worker **w);

/** worker_fd() - readable when a piece of work is done; worker_collect() makes it unreadable */
int worker_fd(const struct worker *w);

/** worker_start() - run @fn(@context) in the thread; the last piece must have been collected */
void worker_start(struct worker *w, void (*fn)(void *context), void *context);

/** worker_collect() - Return: the context of the finished piece; NULL when none is finished */
void *worker_collect(struct worker *w);

#endif
