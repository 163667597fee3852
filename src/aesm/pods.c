/* SPDX-License-Identifier: Apache-2.0 */
#include "aesm/pods.h"

#include <errno.h>

#include "base/macros.h"

enum {
    US_PER_S = 1000000,
};

/* Eight bytes a step, each multiplied and folded. */
uint64_t aesm_pods_digest(struct span bytes)
{
    const uint64_t multiplier = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t h = bytes.len, word;

    for (; bytes.len >= sizeof(word); bytes = span_from(bytes, sizeof(word))) {
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

void aesm_pods_init(struct aesm_pods *p, unsigned per_s, unsigned burst)
{
    *p = (struct aesm_pods){.per_s = per_s, .burst = burst};
    TAILQ_INIT(&p->ages);
    for (size_t i = 0; i < AESM_PODS_BUCKETS; i++)
        TAILQ_INIT(&p->buckets[i]);
}

static void pod_drop(struct aesm_pods *p, struct aesm_pod *pod)
{
    TAILQ_REMOVE(&p->buckets[pod->bucket_index], pod, bucket);
    TAILQ_REMOVE(&p->ages, pod, age);
    p->count--;
    free(pod);
}

void aesm_pods_done(struct aesm_pods *p)
{
    struct aesm_pod *pod;

    while ((pod = TAILQ_FIRST(&p->ages)))
        pod_drop(p, pod);
}

static struct aesm_pod *pod_find(struct aesm_pods *p, const char *name, unsigned index)
{
    struct aesm_pod *pod;

    TAILQ_FOREACH (pod, &p->buckets[index], bucket) {
        if (strcmp(pod->name, name) == 0)
            return pod;
    }
    return NULL;
}

/* Room for one more pod: forget the one that has been silent longest. */
static bool room_make(struct aesm_pods *p)
{
    struct aesm_pod *pod;

    if (p->count < AESM_QUEUE_PODS_MAX)
        return true;
    TAILQ_FOREACH (pod, &p->ages, age) {
        if (pod->ticket_count > 0)
            continue;
        pod_drop(p, pod);
        return true;
    }
    return false;
}

static int64_t burst_us(const struct aesm_pods *p)
{
    return (int64_t)p->burst * US_PER_S / p->per_s;
}

static int pod_make(struct aesm_pods *p, const char *name, unsigned index, int64_t now_us,
                    struct aesm_pod **ret)
{
    struct aesm_pod *pod = calloc(1, sizeof(*pod));

    if (!pod)
        return -ENOMEM;
    memcpy(pod->name, name, strlen(name) + 1);
    TAILQ_INIT(&pod->waiting);
    pod->bucket_index = index;
    pod->credit_at_us = now_us;
    if (p->per_s > 0)
        pod->credit_us = burst_us(p);
    TAILQ_INSERT_TAIL(&p->buckets[index], pod, bucket);
    TAILQ_INSERT_TAIL(&p->ages, pod, age);
    p->count++;
    *ret = pod;
    return 0;
}

int aesm_pods_get(struct aesm_pods *p, const char *name, int64_t now_us, struct aesm_pod **ret)
{
    char cut[AESM_QUEUE_POD_SIZE] = {0};
    struct aesm_pod *pod;
    unsigned index;

    memcpy(cut, name, strnlen(name, sizeof(cut) - 1));
    index = (unsigned)(aesm_pods_digest(span_str(cut)) % AESM_PODS_BUCKETS);
    pod = pod_find(p, cut, index);
    if (!pod && !room_make(p))
        return AESM_QUEUE_REFUSED;
    if (!pod)
        return pod_make(p, cut, index, now_us, ret);
    TAILQ_REMOVE(&p->ages, pod, age);
    TAILQ_INSERT_TAIL(&p->ages, pod, age);
    *ret = pod;
    return 0;
}

bool aesm_pods_pay(const struct aesm_pods *p, struct aesm_pod *pod, int64_t now_us)
{
    int64_t cost;

    if (p->per_s == 0)
        return true;
    cost = US_PER_S / p->per_s;
    pod->credit_us = MIN(pod->credit_us + (now_us - pod->credit_at_us), burst_us(p));
    pod->credit_at_us = now_us;
    if (pod->credit_us < cost)
        return false;
    pod->credit_us -= cost;
    return true;
}

void aesm_pods_release(struct aesm_pods *p, struct aesm_pod *pod)
{
    if (pod->ticket_count == 0 && p->per_s == 0)
        pod_drop(p, pod);
}
