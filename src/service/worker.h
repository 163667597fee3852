/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/worker.h: threads beside the loop, for work that may wait: a store, another server. A job
 * runs in one of the threads and is finished in the loop, in the order in which jobs end.
 */
#ifndef COFFER_SERVICE_WORKER_H
#define COFFER_SERVICE_WORKER_H

#include "net/loop.h"

enum {
    SERVICE_WORKER_THREADS_MAX = 32,
};

/** struct service_job - the first member of the caller's own struct; lives until @finish */
struct service_job {
    /** run() - in a thread; @thread is what the thread was given */
    void (*run)(struct service_job *job, void *thread);
    /** finish() - in the loop, after run() */
    void (*finish)(struct service_job *job);
    struct service_job *next; /* the workers' own */
};

struct service_worker; /* opaque */

/**
 * service_worker_new() - start the threads; signals stay with the loop's thread
 * @contexts: @count pointers, one a thread, borrowed for the workers' life
 * Return: 0; -EINVAL for more than SERVICE_WORKER_THREADS_MAX; -ENOMEM; errno.
 */
NODISCARD int service_worker_new(struct loop *loop, void *const *contexts, unsigned count,
                                 struct service_worker **ret, struct err *err);

/** service_worker_free() - run the jobs that wait, finish all jobs, end the threads */
void service_worker_free(struct service_worker *w);

/** service_worker_submit() - append a job */
void service_worker_submit(struct service_worker *w, struct service_job *job);

/** service_worker_pending() - jobs that were submitted and are not finished */
unsigned service_worker_pending(const struct service_worker *w);

#endif
