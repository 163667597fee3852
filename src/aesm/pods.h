/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/pods.h: the pods that a queue knows, with the rate limit of each. Internal to the queue: the
 * members of struct aesm_pod that say so are the queue's.
 */
#ifndef COFFER_AESM_PODS_H
#define COFFER_AESM_PODS_H

#include <sys/queue.h>

#include "aesm/queue.h"

enum {
    AESM_PODS_BUCKETS = 256,
};

TAILQ_HEAD(aesm_pod_list, aesm_pod);
TAILQ_HEAD(aesm_ticket_list, aesm_queue_ticket);

struct aesm_pod {
    TAILQ_ENTRY(aesm_pod) turn;      /* the queue's: linked while waiting is not empty */
    struct aesm_ticket_list waiting; /* the queue's */
    unsigned waiting_count;          /* the queue's: tickets whose job waits */
    unsigned ticket_count;           /* the queue's: tickets waiting and running */
    TAILQ_ENTRY(aesm_pod) bucket;
    TAILQ_ENTRY(aesm_pod) age;
    int64_t credit_us; /* rate limit: time saved up, at most a burst's worth */
    int64_t credit_at_us;
    unsigned bucket_index;
    char name[AESM_QUEUE_POD_SIZE];
};

/** struct aesm_pods - initialise with aesm_pods_init(), release with aesm_pods_done() */
struct aesm_pods {
    unsigned per_s; /* tickets a second and pod; 0: no limit */
    unsigned burst;
    unsigned count;
    struct aesm_pod_list ages; /* least recently used first */
    struct aesm_pod_list buckets[AESM_PODS_BUCKETS];
};

void aesm_pods_init(struct aesm_pods *p, unsigned per_s, unsigned burst);
void aesm_pods_done(struct aesm_pods *p);

/**
 * aesm_pods_get() - the pod called @name, made when it is new
 * Return: 0; AESM_QUEUE_REFUSED when AESM_QUEUE_PODS_MAX pods have tickets; -ENOMEM.
 */
NODISCARD int aesm_pods_get(struct aesm_pods *p, const char *name, int64_t now_us,
                            struct aesm_pod **ret);

/** aesm_pods_pay() - Return: whether the pod may have one more ticket now, which it then has paid
 */
NODISCARD bool aesm_pods_pay(const struct aesm_pods *p, struct aesm_pod *pod, int64_t now_us);

/** aesm_pods_release() - forget a pod without tickets, unless its rate limit must be remembered */
void aesm_pods_release(struct aesm_pods *p, struct aesm_pod *pod);

/** aesm_pods_digest() - a fast hash, not secret: collisions cost time only */
uint64_t aesm_pods_digest(struct span bytes);

#endif
