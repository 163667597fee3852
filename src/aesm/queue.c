/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The queue is there because many pods share one quoting enclave, and a quoting enclave works on
 * one report at a time. Whoever asks a thousand times must not make the others wait a thousand
 * quotes.
 *
 * A ticket is in three orders at once. Its pod's list, while its job waits, gives the turns: pods
 * stand in a circle (`turns`), the first one's oldest ticket is taken, and the pod goes to the end.
 * Its job's list says who is answered when the job is done. The list of all tickets gives the
 * deadlines, which ascend because each ticket gets the same time. All three are doubly linked, so
 * a client that leaves costs constant time.
 *
 * A job is found by its key. The hash is fast and not secret, so a client could make keys collide;
 * a chain is never longer than the queue, which bounds what that costs. A job that runs can still
 * be joined: equal requests get the answer of the call that is under way.
 *
 * The rate limit is a token bucket whose tokens are time: a pod saves up the time that passes, at
 * most a burst's worth, and each ticket costs the time between two tickets at the permitted rate.
 * With a rate limit a pod is remembered after its last ticket, since forgetting it would refill
 * its bucket; when AESM_QUEUE_PODS_MAX pods are known, the one that was silent longest is
 * forgotten.
 *
 * A full queue looks for the pod with the most waiting tickets. If that pod has at least two more
 * than the pod that asks, it loses its newest ticket. So all pods converge to equal shares of the
 * queue, and two pods with nearly equal shares do not take places from each other in turn.
 */
#include "aesm/queue.h"

#include <assert.h>
#include <errno.h>

#include "aesm/pods.h"
#include "base/macros.h"

enum {
    BUCKET_COUNT = 256,
    US_PER_S = 1000000,
};

struct aesm_queue_ticket {
    TAILQ_ENTRY(aesm_queue_ticket) in_pod;
    TAILQ_ENTRY(aesm_queue_ticket) in_job;
    TAILQ_ENTRY(aesm_queue_ticket) in_all;
    struct aesm_pod *pod;
    struct aesm_queue_job *job;
    void *owner;
    int64_t submitted_us;
    bool is_waiting;
};

struct aesm_queue_job {
    TAILQ_ENTRY(aesm_queue_job) bucket;
    struct aesm_ticket_list tickets;
    unsigned bucket_index;
    bool is_running;
    uint64_t digest;
    size_t key_size;
    uint8_t key[];
};

TAILQ_HEAD(job_list, aesm_queue_job);

struct aesm_queue {
    struct aesm_queue_limits limits;
    struct aesm_queue_events events;
    struct aesm_queue_counters counters;
    struct aesm_ticket_list all;
    struct aesm_pod_list turns;
    struct aesm_pods pods;
    struct job_list jobs[BUCKET_COUNT];
    unsigned depth;
};

const char *aesm_queue_refusal_name(enum aesm_queue_refusal refusal)
{
    static const char *const names[AESM_QUEUE_REFUSAL_COUNT] = {
        [AESM_QUEUE_FULL] = "full",
        [AESM_QUEUE_SHED] = "shed",
        [AESM_QUEUE_RATE] = "rate",
        [AESM_QUEUE_DEADLINE] = "deadline",
    };

    return refusal < AESM_QUEUE_REFUSAL_COUNT ? names[refusal] : "unknown";
}

int aesm_queue_new(const struct aesm_queue_limits *limits, const struct aesm_queue_events *events,
                   struct aesm_queue **ret, struct err *err)
{
    struct aesm_queue *q;

    if (limits->length == 0 || limits->length > AESM_QUEUE_LENGTH_MAX)
        return err_set(err, -EINVAL, "queue length %u is not within 1 to %d", limits->length,
                       AESM_QUEUE_LENGTH_MAX);
    if (limits->deadline_us <= 0)
        return err_set(err, -EINVAL, "the deadline must be above zero");
    if (limits->pod_per_s > US_PER_S || (limits->pod_per_s > 0 && limits->pod_burst == 0))
        return err_set(err, -EINVAL, "rate limit %u/s with burst %u makes no sense",
                       limits->pod_per_s, limits->pod_burst);

    q = calloc(1, sizeof(*q));
    if (!q)
        return err_set(err, -ENOMEM, "quote queue");
    q->limits = *limits;
    q->events = *events;
    TAILQ_INIT(&q->all);
    TAILQ_INIT(&q->turns);
    aesm_pods_init(&q->pods, limits->pod_per_s, limits->pod_burst);
    for (size_t i = 0; i < BUCKET_COUNT; i++)
        TAILQ_INIT(&q->jobs[i]);
    *ret = q;
    return 0;
}

static void job_drop(struct aesm_queue *q, struct aesm_queue_job *job)
{
    TAILQ_REMOVE(&q->jobs[job->bucket_index], job, bucket);
    free(job);
}

static void ticket_unline(struct aesm_queue *q, struct aesm_queue_ticket *t)
{
    if (!t->is_waiting)
        return;
    t->is_waiting = false;
    TAILQ_REMOVE(&t->pod->waiting, t, in_pod);
    t->pod->waiting_count--;
    if (t->pod->waiting_count == 0)
        TAILQ_REMOVE(&q->turns, t->pod, turn);
}

/* Take the ticket out of every order and free it. Its job stays. */
static void ticket_drop(struct aesm_queue *q, struct aesm_queue_ticket *t)
{
    ticket_unline(q, t);
    TAILQ_REMOVE(&t->job->tickets, t, in_job);
    TAILQ_REMOVE(&q->all, t, in_all);
    t->pod->ticket_count--;
    q->depth--;
    aesm_pods_release(&q->pods, t->pod);
    free(t);
}

static void ticket_and_job_drop(struct aesm_queue *q, struct aesm_queue_ticket *t)
{
    struct aesm_queue_job *job = t->job;

    ticket_drop(q, t);
    if (!job->is_running && TAILQ_EMPTY(&job->tickets))
        job_drop(q, job);
}

void aesm_queue_free(struct aesm_queue *q)
{
    struct aesm_queue_ticket *t;

    if (!q)
        return;
    while ((t = TAILQ_FIRST(&q->all))) {
        assert(!t->job->is_running);
        ticket_and_job_drop(q, t);
    }
    aesm_pods_done(&q->pods);
    free(q);
}

void aesm_queue_freep(struct aesm_queue **q)
{
    aesm_queue_free(*q);
}

static void ticket_refuse(struct aesm_queue *q, struct aesm_queue_ticket *t,
                          enum aesm_queue_refusal refusal)
{
    void *owner = t->owner;

    q->counters.refused[refusal]++;
    ticket_and_job_drop(q, t);
    q->events.refuse(owner, refusal);
}

/* The queue is full: take a place from the pod that waits with most, if @pod holds fewer. */
static bool place_take(struct aesm_queue *q, const struct aesm_pod *pod)
{
    struct aesm_pod *largest = NULL, *p;

    TAILQ_FOREACH (p, &q->turns, turn) {
        if (!largest || p->waiting_count > largest->waiting_count)
            largest = p;
    }
    if (!largest || largest->waiting_count <= pod->ticket_count + 1)
        return false;
    ticket_refuse(q, TAILQ_LAST(&largest->waiting, aesm_ticket_list), AESM_QUEUE_SHED);
    return true;
}

static struct aesm_queue_job *job_find(struct aesm_queue *q, struct span key, uint64_t digest)
{
    struct aesm_queue_job *job;

    TAILQ_FOREACH (job, &q->jobs[digest % BUCKET_COUNT], bucket) {
        if (job->digest == digest && span_equal(key, span_of(job->key, job->key_size)))
            return job;
    }
    return NULL;
}

static struct aesm_queue_job *job_get(struct aesm_queue *q, struct span key, bool *ret_is_new)
{
    uint64_t digest = aesm_pods_digest(key);
    struct aesm_queue_job *job = job_find(q, key, digest);

    *ret_is_new = !job;
    if (job)
        return job;
    job = calloc(1, sizeof(*job) + key.len);
    if (!job)
        return NULL;
    job->digest = digest;
    job->bucket_index = (unsigned)(digest % BUCKET_COUNT);
    job->key_size = key.len;
    if (key.len > 0)
        memcpy(job->key, key.data, key.len);
    TAILQ_INIT(&job->tickets);
    TAILQ_INSERT_TAIL(&q->jobs[job->bucket_index], job, bucket);
    return job;
}

static void ticket_line_up(struct aesm_queue *q, struct aesm_queue_ticket *t)
{
    struct aesm_pod *pod = t->pod;

    t->is_waiting = true;
    if (pod->waiting_count == 0)
        TAILQ_INSERT_TAIL(&q->turns, pod, turn);
    TAILQ_INSERT_TAIL(&pod->waiting, t, in_pod);
    pod->waiting_count++;
}

static int submission_refuse(struct aesm_queue *q, enum aesm_queue_refusal refusal,
                             enum aesm_queue_refusal *ret)
{
    q->counters.refused[refusal]++;
    *ret = refusal;
    return AESM_QUEUE_REFUSED;
}

static int ticket_new(struct aesm_queue *q, struct aesm_pod *pod, struct span key,
                      struct aesm_queue_ticket **ret)
{
    struct aesm_queue_ticket *t = calloc(1, sizeof(*t));
    bool is_new;

    if (!t)
        return -ENOMEM;
    t->job = job_get(q, key, &is_new);
    if (!t->job) {
        free(t);
        return -ENOMEM;
    }
    if (!is_new)
        q->counters.coalesced++;
    t->pod = pod;
    pod->ticket_count++;
    q->depth++;
    TAILQ_INSERT_TAIL(&t->job->tickets, t, in_job);
    TAILQ_INSERT_TAIL(&q->all, t, in_all);
    if (!t->job->is_running)
        ticket_line_up(q, t);
    *ret = t;
    return 0;
}

int aesm_queue_submit(struct aesm_queue *q, const char *pod_name, struct span key, void *owner,
                      int64_t now_us, struct aesm_queue_ticket **ret,
                      enum aesm_queue_refusal *ret_refusal)
{
    struct aesm_queue_ticket *t;
    struct aesm_pod *pod;
    int r;

    q->counters.submitted++;
    r = aesm_pods_get(&q->pods, pod_name, now_us, &pod);
    if (r == AESM_QUEUE_REFUSED)
        return submission_refuse(q, AESM_QUEUE_FULL, ret_refusal);
    if (r < 0)
        return r;

    if (!aesm_pods_pay(&q->pods, pod, now_us))
        return submission_refuse(q, AESM_QUEUE_RATE, ret_refusal);
    if (q->depth >= q->limits.length && !place_take(q, pod)) {
        aesm_pods_release(&q->pods, pod);
        return submission_refuse(q, AESM_QUEUE_FULL, ret_refusal);
    }

    r = ticket_new(q, pod, key, &t);
    if (r < 0)
        return r;
    t->owner = owner;
    t->submitted_us = now_us;
    *ret = t;
    return 0;
}

void aesm_queue_cancel(struct aesm_queue *q, struct aesm_queue_ticket *t)
{
    q->counters.cancelled++;
    ticket_and_job_drop(q, t);
}

struct aesm_queue_job *aesm_queue_take(struct aesm_queue *q, int64_t now_us)
{
    struct aesm_queue_ticket *t;
    struct aesm_queue_job *job;
    struct aesm_pod *pod;

    aesm_queue_expire(q, now_us);
    pod = TAILQ_FIRST(&q->turns);
    if (!pod)
        return NULL;

    job = TAILQ_FIRST(&pod->waiting)->job;
    job->is_running = true;
    TAILQ_FOREACH (t, &job->tickets, in_job)
        ticket_unline(q, t);
    if (pod->waiting_count > 0) {
        TAILQ_REMOVE(&q->turns, pod, turn);
        TAILQ_INSERT_TAIL(&q->turns, pod, turn);
    }
    q->counters.run++;
    return job;
}

struct span aesm_queue_job_key(const struct aesm_queue_job *job)
{
    return span_of(job->key, job->key_size);
}

void aesm_queue_finish(struct aesm_queue *q, struct aesm_queue_job *job, const void *result,
                       int64_t now_us)
{
    struct aesm_queue_ticket *t;

    while ((t = TAILQ_FIRST(&job->tickets))) {
        void *owner = t->owner;
        int64_t waited_us = now_us - t->submitted_us;

        q->counters.answered++;
        ticket_drop(q, t);
        q->events.answer(owner, result, waited_us);
    }
    job_drop(q, job);
}

void aesm_queue_expire(struct aesm_queue *q, int64_t now_us)
{
    struct aesm_queue_ticket *t;

    while ((t = TAILQ_FIRST(&q->all)) && t->submitted_us + q->limits.deadline_us <= now_us)
        ticket_refuse(q, t, AESM_QUEUE_DEADLINE);
}

int64_t aesm_queue_next_deadline(const struct aesm_queue *q)
{
    const struct aesm_queue_ticket *t = TAILQ_FIRST(&q->all);

    return t ? t->submitted_us + q->limits.deadline_us : INT64_MAX;
}

unsigned aesm_queue_depth(const struct aesm_queue *q)
{
    return q->depth;
}

bool aesm_queue_waiting(const struct aesm_queue *q)
{
    return !TAILQ_EMPTY(&q->turns);
}

const struct aesm_queue_counters *aesm_queue_counters(const struct aesm_queue *q)
{
    return &q->counters;
}
