/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three orders hold a ticket: its pod's list while its job waits (turns), its job's list (who is
 * answered), and the list of all tickets (deadlines, which ascend because each ticket gets the same
 * time). Jobs are found by a hash of their key; a chain is never longer than the queue, so keys
 * that collide on purpose cost a bounded search.
 */
#include "aesm/queue.h"

#include <assert.h>
#include <errno.h>
#include <sys/queue.h>

#include "base/macros.h"

enum {
    BUCKET_COUNT = 256,
    US_PER_S = 1000000,
};

struct pod {
    TAILQ_ENTRY(pod) turn;   /* in queue.turns while waiting is not empty */
    TAILQ_ENTRY(pod) bucket; /* in queue.pods[] */
    TAILQ_ENTRY(pod) age;    /* in queue.ages, least recently used first */
    TAILQ_HEAD(, aesm_queue_ticket) waiting;
    unsigned ticket_count; /* waiting and running */
    unsigned waiting_count;
    int64_t credit_us; /* rate limit: time saved up, pod_burst tickets' worth at most */
    int64_t credit_at_us;
    unsigned bucket_index;
    char name[AESM_QUEUE_POD_SIZE];
};

struct aesm_queue_ticket {
    TAILQ_ENTRY(aesm_queue_ticket) in_pod;
    TAILQ_ENTRY(aesm_queue_ticket) in_job;
    TAILQ_ENTRY(aesm_queue_ticket) in_all;
    struct pod *pod;
    struct aesm_queue_job *job;
    void *owner;
    int64_t submitted_us;
    bool is_waiting;
};

struct aesm_queue_job {
    TAILQ_ENTRY(aesm_queue_job) bucket;
    TAILQ_HEAD(, aesm_queue_ticket) tickets;
    unsigned bucket_index;
    bool is_running;
    uint64_t digest;
    size_t key_size;
    uint8_t key[];
};

TAILQ_HEAD(pod_list, pod);
TAILQ_HEAD(job_list, aesm_queue_job);
TAILQ_HEAD(ticket_list, aesm_queue_ticket);

struct aesm_queue {
    struct aesm_queue_limits limits;
    struct aesm_queue_events events;
    struct aesm_queue_counters counters;
    struct ticket_list all;
    struct pod_list turns;
    struct pod_list ages;
    struct pod_list pods[BUCKET_COUNT];
    struct job_list jobs[BUCKET_COUNT];
    unsigned depth;
    unsigned pod_count;
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

/* Eight bytes a step, each multiplied and folded. Collisions cost time only, and little: see above.
 */
static uint64_t digest_of(struct span bytes)
{
    const uint64_t multiplier = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t h = bytes.len, word;

    for (; bytes.len >= sizeof(word); bytes = span_of(bytes.data + 8, bytes.len - 8)) {
        memcpy(&word, bytes.data, sizeof(word));
        h = (h ^ word) * multiplier;
        h ^= h >> 32;
    }
    word = 0;
    if (bytes.len > 0)
        memcpy(&word, bytes.data, bytes.len);
    h = (h ^ word) * multiplier;
    return h ^ h >> 32;
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
    TAILQ_INIT(&q->ages);
    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        TAILQ_INIT(&q->pods[i]);
        TAILQ_INIT(&q->jobs[i]);
    }
    *ret = q;
    return 0;
}

static void job_drop(struct aesm_queue *q, struct aesm_queue_job *job)
{
    TAILQ_REMOVE(&q->jobs[job->bucket_index], job, bucket);
    free(job);
}

static void pod_drop(struct aesm_queue *q, struct pod *pod)
{
    TAILQ_REMOVE(&q->pods[pod->bucket_index], pod, bucket);
    TAILQ_REMOVE(&q->ages, pod, age);
    q->pod_count--;
    free(pod);
}

static void stop_waiting(struct aesm_queue *q, struct aesm_queue_ticket *t)
{
    if (!t->is_waiting)
        return;
    t->is_waiting = false;
    TAILQ_REMOVE(&t->pod->waiting, t, in_pod);
    t->pod->waiting_count--;
    if (t->pod->waiting_count == 0)
        TAILQ_REMOVE(&q->turns, t->pod, turn);
}

/* Take the ticket out of every order and free it; its job stays. */
static void ticket_drop(struct aesm_queue *q, struct aesm_queue_ticket *t)
{
    stop_waiting(q, t);
    TAILQ_REMOVE(&t->job->tickets, t, in_job);
    TAILQ_REMOVE(&q->all, t, in_all);
    t->pod->ticket_count--;
    q->depth--;
    if (t->pod->ticket_count == 0 && q->limits.pod_per_s == 0)
        pod_drop(q, t->pod);
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
    struct pod *pod;

    if (!q)
        return;
    while ((t = TAILQ_FIRST(&q->all))) {
        assert(!t->job->is_running);
        ticket_and_job_drop(q, t);
    }
    while ((pod = TAILQ_FIRST(&q->ages)))
        pod_drop(q, pod);
    free(q);
}

void aesm_queue_freep(struct aesm_queue **q)
{
    aesm_queue_free(*q);
}

static struct pod *pod_find(struct aesm_queue *q, const char *name, unsigned index)
{
    struct pod *pod;

    TAILQ_FOREACH (pod, &q->pods[index], bucket) {
        if (strcmp(pod->name, name) == 0)
            return pod;
    }
    return NULL;
}

/* Room for one more pod: forget the one that has been silent longest. */
static bool pod_make_room(struct aesm_queue *q)
{
    struct pod *pod;

    if (q->pod_count < AESM_QUEUE_PODS_MAX)
        return true;
    TAILQ_FOREACH (pod, &q->ages, age) {
        if (pod->ticket_count > 0)
            continue;
        pod_drop(q, pod);
        return true;
    }
    return false;
}

static int64_t burst_us(const struct aesm_queue *q)
{
    return (int64_t)q->limits.pod_burst * US_PER_S / q->limits.pod_per_s;
}

/* The pod called @name, made when it is new. Return: 0; -ENOMEM; -EBUSY when there are too many. */
static int pod_get(struct aesm_queue *q, const char *name, int64_t now_us, struct pod **ret)
{
    char cut[AESM_QUEUE_POD_SIZE] = {0};
    unsigned index;
    struct pod *pod;

    memcpy(cut, name, strnlen(name, sizeof(cut) - 1));
    index = (unsigned)(digest_of(span_str(cut)) % BUCKET_COUNT);
    pod = pod_find(q, cut, index);
    if (pod) {
        TAILQ_REMOVE(&q->ages, pod, age);
        TAILQ_INSERT_TAIL(&q->ages, pod, age);
        *ret = pod;
        return 0;
    }

    if (!pod_make_room(q))
        return -EBUSY;
    pod = calloc(1, sizeof(*pod));
    if (!pod)
        return -ENOMEM;
    memcpy(pod->name, cut, sizeof(cut));
    TAILQ_INIT(&pod->waiting);
    pod->bucket_index = index;
    pod->credit_at_us = now_us;
    if (q->limits.pod_per_s > 0)
        pod->credit_us = burst_us(q);
    TAILQ_INSERT_TAIL(&q->pods[index], pod, bucket);
    TAILQ_INSERT_TAIL(&q->ages, pod, age);
    q->pod_count++;
    *ret = pod;
    return 0;
}

/* A token bucket whose tokens are time: each ticket costs what the pod must wait for the next. */
static bool pod_pay(const struct aesm_queue *q, struct pod *pod, int64_t now_us)
{
    int64_t cost;

    if (q->limits.pod_per_s == 0)
        return true;
    cost = US_PER_S / q->limits.pod_per_s;
    pod->credit_us = MIN(pod->credit_us + (now_us - pod->credit_at_us), burst_us(q));
    pod->credit_at_us = now_us;
    if (pod->credit_us < cost)
        return false;
    pod->credit_us -= cost;
    return true;
}

static void refuse(struct aesm_queue *q, struct aesm_queue_ticket *t,
                   enum aesm_queue_refusal refusal)
{
    void *owner = t->owner;

    q->counters.refused[refusal]++;
    ticket_and_job_drop(q, t);
    q->events.refuse(owner, refusal);
}

/* The queue is full: take a place from the pod that waits with most, if @pod holds fewer. */
static bool shed_for(struct aesm_queue *q, const struct pod *pod)
{
    struct pod *largest = NULL, *p;

    TAILQ_FOREACH (p, &q->turns, turn) {
        if (!largest || p->waiting_count > largest->waiting_count)
            largest = p;
    }
    if (!largest || largest->waiting_count <= pod->ticket_count + 1)
        return false;
    refuse(q, TAILQ_LAST(&largest->waiting, ticket_list), AESM_QUEUE_SHED);
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
    uint64_t digest = digest_of(key);
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

static void start_waiting(struct aesm_queue *q, struct aesm_queue_ticket *t)
{
    struct pod *pod = t->pod;

    t->is_waiting = true;
    if (pod->waiting_count == 0)
        TAILQ_INSERT_TAIL(&q->turns, pod, turn);
    TAILQ_INSERT_TAIL(&pod->waiting, t, in_pod);
    pod->waiting_count++;
}

static int refuse_at_once(struct aesm_queue *q, enum aesm_queue_refusal refusal,
                          enum aesm_queue_refusal *ret)
{
    q->counters.refused[refusal]++;
    *ret = refusal;
    return -EBUSY;
}

static int ticket_new(struct aesm_queue *q, struct pod *pod, struct span key,
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
        start_waiting(q, t);
    *ret = t;
    return 0;
}

int aesm_queue_submit(struct aesm_queue *q, const char *pod_name, struct span key, void *owner,
                      int64_t now_us, struct aesm_queue_ticket **ret,
                      enum aesm_queue_refusal *ret_refusal)
{
    struct aesm_queue_ticket *t;
    struct pod *pod;
    int r;

    q->counters.submitted++;
    r = pod_get(q, pod_name, now_us, &pod);
    if (r == -EBUSY)
        return refuse_at_once(q, AESM_QUEUE_FULL, ret_refusal);
    if (r < 0)
        return r;

    if (!pod_pay(q, pod, now_us))
        return refuse_at_once(q, AESM_QUEUE_RATE, ret_refusal);
    if (q->depth >= q->limits.length && !shed_for(q, pod)) {
        if (pod->ticket_count == 0 && q->limits.pod_per_s == 0)
            pod_drop(q, pod);
        return refuse_at_once(q, AESM_QUEUE_FULL, ret_refusal);
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
    struct pod *pod;

    aesm_queue_expire(q, now_us);
    pod = TAILQ_FIRST(&q->turns);
    if (!pod)
        return NULL;

    job = TAILQ_FIRST(&pod->waiting)->job;
    job->is_running = true;
    TAILQ_FOREACH (t, &job->tickets, in_job)
        stop_waiting(q, t);
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
        refuse(q, t, AESM_QUEUE_DEADLINE);
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
