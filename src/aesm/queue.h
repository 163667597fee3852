/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/queue.h: who is quoted next. A quoting enclave works serially, so each backend has one
 * queue. Deterministic: no I/O, no clock; the caller passes the monotonic time in microseconds.
 *
 * A client's request is a ticket. Tickets whose keys are the same bytes share one job, which runs
 * once and answers all of them. Pods take turns, one job a turn, however many tickets each has
 * waiting. A ticket that is not answered by its deadline, that finds the queue full, or whose pod
 * asks too often is refused, and the reason counted. When the queue is full, the pod that holds
 * the most loses its newest ticket to one that holds fewer: a flood costs the one who makes it.
 */
#ifndef COFFER_AESM_QUEUE_H
#define COFFER_AESM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    QUEUE_POD_SIZE = 64,     /* bytes of a pod's name, NUL included; longer ones are cut */
    QUEUE_PODS_MAX = 1024,   /* pods remembered at once: one turn and one rate limit each */
    QUEUE_LENGTH_MAX = 4096, /* ceiling of queue_limits.length */
};

/** struct queue_limits - settings of a queue */
struct queue_limits {
    unsigned length;     /* tickets at once, 1 to QUEUE_LENGTH_MAX */
    int64_t deadline_us; /* time from submission to answer */
    unsigned pod_per_s;  /* tickets a second and pod; 0: no limit */
    unsigned pod_burst;  /* tickets that a pod may ask at once after silence */
};

/** enum queue_refusal - why a ticket was refused; also the index of its counter */
enum queue_refusal {
    QUEUE_FULL,     /* no room, and the pod holds as much as any other */
    QUEUE_SHED,     /* had a place, lost it to a pod that holds fewer */
    QUEUE_RATE,     /* the pod's rate limit */
    QUEUE_DEADLINE, /* waited too long */
    QUEUE_REFUSAL_COUNT,
};

const char *queue_refusal_name(enum queue_refusal refusal);

/** struct queue_counters - since the queue was made */
struct queue_counters {
    uint64_t submitted;
    uint64_t coalesced; /* tickets that joined a job which was there */
    uint64_t run;       /* jobs taken */
    uint64_t answered;  /* tickets */
    uint64_t cancelled; /* tickets whose client went away */
    uint64_t refused[QUEUE_REFUSAL_COUNT];
};

/**
 * struct queue_events - what happens to a ticket, told to its owner. Each ticket gets exactly one
 * of the two, unless it was cancelled. The handler must not call the queue.
 */
struct queue_events {
    void (*answer)(void *owner, const void *result, int64_t waited_us);
    void (*refuse)(void *owner, enum queue_refusal refusal);
};

struct queue;        /* opaque */
struct queue_ticket; /* opaque; valid from submission to its event or queue_cancel() */
struct queue_job;    /* opaque; valid from queue_take() to queue_finish() */

/** queue_new() - Return: 0; -EINVAL for limits that cannot be; -ENOMEM. @events is copied. */
NODISCARD int queue_new(const struct queue_limits *limits, const struct queue_events *events,
                        struct queue **ret, struct err *err);

/** queue_free() - no event is told for what still waits; a job that was taken must be finished */
void queue_free(struct queue *q);
void queue_freep(struct queue **q);

/**
 * queue_submit() - ask for a turn
 * @pod:   whom to count it to
 * @key:   what is asked, copied; equal keys get equal answers
 * @owner: handed to the events
 * Return: 0 and @ret; -EBUSY and @ret_refusal, no event follows; -ENOMEM.
 */
NODISCARD int queue_submit(struct queue *q, const char *pod, struct span key, void *owner,
                           int64_t now_us, struct queue_ticket **ret,
                           enum queue_refusal *ret_refusal);

/** queue_cancel() - the client went away; a job that nobody waits for any more is not run */
void queue_cancel(struct queue *q, struct queue_ticket *t);

/** queue_take() - the next job by turn, to be run; NULL when none waits */
struct queue_job *queue_take(struct queue *q, int64_t now_us);

/** queue_job_key() - what it asks; borrowed until queue_finish() */
struct span queue_job_key(const struct queue_job *job);

/** queue_finish() - answer every ticket of the job, those too that joined while it ran */
void queue_finish(struct queue *q, struct queue_job *job, const void *result, int64_t now_us);

/** queue_expire() - refuse what has passed its deadline; a running job goes on for the others */
void queue_expire(struct queue *q, int64_t now_us);

/** queue_next_deadline() - when to call queue_expire(); INT64_MAX when nothing waits */
int64_t queue_next_deadline(const struct queue *q);

/** queue_depth() - tickets that wait or run */
unsigned queue_depth(const struct queue *q);

/** queue_waiting() - is there a job for queue_take() */
bool queue_waiting(const struct queue *q);

const struct queue_counters *queue_counters(const struct queue *q);

#endif
