/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/worker.h: a thread for a backend that may block. One piece of work at a time: the queue
 * hands out the next when the last is done, so there is nothing to line up here.
 */
#ifndef COFFER_AESM_WORKER_H
#define COFFER_AESM_WORKER_H

#include "base/err.h"

struct aesm_worker; /* opaque */

/** aesm_worker_new() - start the thread. Return: 0; -ENOMEM; errno of the event descriptor. */
NODISCARD int aesm_worker_new(struct aesm_worker **ret, struct err *err);

/** aesm_worker_free() - stop the thread; waits for the work that runs */
void aesm_worker_free(struct aesm_worker *w);
void aesm_worker_freep(struct aesm_worker **w);

/** aesm_worker_fd() - readable when a piece of work is done; aesm_worker_collect() makes it
 * unreadable */
int aesm_worker_fd(const struct aesm_worker *w);

/** aesm_worker_start() - run @fn(@context) in the thread; the last piece must have been collected
 */
void aesm_worker_start(struct aesm_worker *w, void (*fn)(void *context), void *context);

/** aesm_worker_collect() - Return: the context of the finished piece; NULL when none is finished */
void *aesm_worker_collect(struct aesm_worker *w);

#endif
