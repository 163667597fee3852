/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/queue.h: which request is served next. A quoting enclave works serially, so each backend has
 * one queue. Deterministic: no I/O, no clock; the caller passes the monotonic time in microseconds.
 *
 * A client's request is a ticket. Tickets whose keys are the same bytes share one job, which runs
 * once and answers all of them. Pods take turns, one job a turn, however many tickets each has
 * waiting. A ticket that is not answered by its deadline, that finds the queue full, or whose pod
 * asks too often is refused, and the reason counted. When the queue is full, the pod that holds
 * the most loses its newest ticket to one that holds fewer: a flood costs only the pod that makes
 * it.
 */
#ifndef COFFER_AESM_QUEUE_H
#define COFFER_AESM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    AESM_QUEUE_POD_SIZE = 64,     /* bytes of a pod's name, NUL included; longer ones are cut */
    AESM_QUEUE_PODS_MAX = 1024,   /* pods remembered at once: one turn and one rate limit each */
    AESM_QUEUE_LENGTH_MAX = 4096, /* ceiling of aesm_queue_limits.length */
};

/** struct aesm_queue_limits - settings of a queue */
struct aesm_queue_limits {
    unsigned length;     /* tickets at once, 1 to AESM_QUEUE_LENGTH_MAX */
    int64_t deadline_us; /* time from submission to answer */
    unsigned pod_per_s;  /* tickets a second and pod; 0: no limit */
    unsigned pod_burst;  /* tickets that a pod may ask at once after silence */
};

/** enum aesm_queue_refusal - why a ticket was refused; also the index of its counter */
enum aesm_queue_refusal {
    AESM_QUEUE_FULL,     /* no room, and the pod holds as much as any other */
    AESM_QUEUE_SHED,     /* had a place, lost it to a pod that holds fewer */
    AESM_QUEUE_RATE,     /* the pod's rate limit */
    AESM_QUEUE_DEADLINE, /* waited too long */
    AESM_QUEUE_REFUSAL_COUNT,
};

const char *aesm_queue_refusal_name(enum aesm_queue_refusal refusal);

/** AESM_QUEUE_REFUSED - the positive result of a submission that was turned down: the caller's
 *  client is at fault or unlucky, the queue is well */
enum {
    AESM_QUEUE_REFUSED = 1,
};

/** struct aesm_queue_counters - since the queue was made */
struct aesm_queue_counters {
    uint64_t submitted;
    uint64_t coalesced; /* tickets that joined a job which was there */
    uint64_t run;       /* jobs taken */
    uint64_t answered;  /* tickets */
    uint64_t cancelled; /* tickets whose client went away */
    uint64_t refused[AESM_QUEUE_REFUSAL_COUNT];
};

/**
 * struct aesm_queue_events - what happens to a ticket, told to its owner. Each ticket gets exactly
 * one of the two, unless it was cancelled. The handler must not call the queue.
 */
struct aesm_queue_events {
    void (*answer)(void *owner, const void *result, int64_t waited_us);
    void (*refuse)(void *owner, enum aesm_queue_refusal refusal);
};

struct aesm_queue;        /* opaque */
struct aesm_queue_ticket; /* opaque; valid from submission to its event or aesm_queue_cancel() */
struct aesm_queue_job;    /* opaque; valid from aesm_queue_take() to aesm_queue_finish() */

/** aesm_queue_new() - Return: 0; -EINVAL for limits that cannot be; -ENOMEM. @events is copied. */
NODISCARD int aesm_queue_new(const struct aesm_queue_limits *limits,
                             const struct aesm_queue_events *events, struct aesm_queue **ret,
                             struct err *err);

/** aesm_queue_free() - no event is told for what still waits; a job that was taken must be finished
 */
void aesm_queue_free(struct aesm_queue *q);
void aesm_queue_freep(struct aesm_queue **q);

/**
 * aesm_queue_submit() - ask for a turn
 * @pod:   the pod that the ticket counts for
 * @key:   what is asked, copied; equal keys get equal answers
 * @owner: handed to the events
 * Return: 0 and @ret; AESM_QUEUE_REFUSED and @ret_refusal, no event follows; -ENOMEM.
 */
NODISCARD int aesm_queue_submit(struct aesm_queue *q, const char *pod, struct span key, void *owner,
                                int64_t now_us, struct aesm_queue_ticket **ret,
                                enum aesm_queue_refusal *ret_refusal);

/** aesm_queue_cancel() - the client went away; a job that nobody waits for any more is not run */
void aesm_queue_cancel(struct aesm_queue *q, struct aesm_queue_ticket *t);

/** aesm_queue_take() - the next job by turn, to be run; NULL when none waits */
struct aesm_queue_job *aesm_queue_take(struct aesm_queue *q, int64_t now_us);

/** aesm_queue_job_key() - what it asks; borrowed until aesm_queue_finish() */
struct span aesm_queue_job_key(const struct aesm_queue_job *job);

/** aesm_queue_finish() - answer every ticket of the job, those too that joined while it ran */
void aesm_queue_finish(struct aesm_queue *q, struct aesm_queue_job *job, const void *result,
                       int64_t now_us);

/** aesm_queue_expire() - refuse what has passed its deadline; a running job goes on for the others
 */
void aesm_queue_expire(struct aesm_queue *q, int64_t now_us);

/** aesm_queue_next_deadline() - when to call aesm_queue_expire(); INT64_MAX when nothing waits */
int64_t aesm_queue_next_deadline(const struct aesm_queue *q);

/** aesm_queue_depth() - tickets that wait or run */
unsigned aesm_queue_depth(const struct aesm_queue *q);

/** aesm_queue_waiting() - is there a job for aesm_queue_take() */
bool aesm_queue_waiting(const struct aesm_queue *q);

const struct aesm_queue_counters *aesm_queue_counters(const struct aesm_queue *q);

#endif
