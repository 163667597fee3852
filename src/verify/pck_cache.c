/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A relying party sees the same platforms again and again, and everything that a PCK chain proves
 * is a pure function of its text and the trusted key. So the result is kept under the SHA-256 of
 * that text: a hit saves parsing three certificates and four signature verifications. An entry also
 * knows the last QE reports that the platform's key signed, and the attestation key once it came
 * twice.
 *
 * Only verified chains are stored, so an attacker cannot fill the cache with made-up platforms; the
 * least recently used entry makes room for the next. The key's bits choose shard and bucket:
 * SHA-256 is uniform, and nobody can choose collisions within one shard without a chain that Intel
 * signed.
 *
 * A find copies the entry out under the shard's lock. The copy holds no pointer except a counted
 * reference to the attestation key's table, so it stays valid when the entry is dropped.
 */
#include "verify/pck_cache.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    SHARD_COUNT = 16,
};

struct entry {
    struct entry *next;  /* in the bucket */
    struct entry *newer; /* in the order of use */
    struct entry *older;
    uint8_t key[SHA256_SIZE];
    struct pck_platform platform;
};

struct shard {
    pthread_mutex_t lock;
    struct entry **buckets;
    struct entry *newest;
    struct entry *oldest;
    size_t count;
};

struct pck_cache {
    size_t bucket_count; /* of one shard, a power of two */
    size_t max;          /* entries of one shard */
    struct shard shards[SHARD_COUNT];
};

static void entry_free(struct entry *e)
{
    known_key_unref(e->platform.known);
    free(e);
}

struct pck_cache *pck_cache_new(size_t max)
{
    struct pck_cache *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->max = MAX(max / SHARD_COUNT + (max % SHARD_COUNT != 0), (size_t)1);
    /* SHA-256 spreads evenly, but not exactly: an eighth more keeps @max platforms in. */
    c->max += c->max / 8;
    c->bucket_count = 16;
    while (c->bucket_count < c->max && c->bucket_count < SIZE_MAX / 2)
        c->bucket_count *= 2;
    for (size_t i = 0; i < SHARD_COUNT; i++)
        pthread_mutex_init(&c->shards[i].lock, NULL);
    return c;
}

void pck_cache_free(struct pck_cache *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < SHARD_COUNT; i++) {
        for (struct entry *e = c->shards[i].newest, *older; e; e = older) {
            older = e->older;
            entry_free(e);
        }
        free(c->shards[i].buckets);
        pthread_mutex_destroy(&c->shards[i].lock);
    }
    free(c);
}

static struct shard *shard_lock(struct pck_cache *c, const uint8_t key[static SHA256_SIZE])
{
    struct shard *s = &c->shards[key[0] % SHARD_COUNT];

    pthread_mutex_lock(&s->lock);
    return s;
}

static struct entry **bucket_of(const struct pck_cache *c, struct shard *s,
                                const uint8_t key[static SHA256_SIZE])
{
    size_t hash;

    memcpy(&hash, key + 1, sizeof(hash));
    return &s->buckets[hash & (c->bucket_count - 1)];
}

static struct entry *entry_find(const struct pck_cache *c, struct shard *s,
                                const uint8_t key[static SHA256_SIZE])
{
    struct entry *e = s->buckets ? *bucket_of(c, s, key) : NULL;

    while (e && memcmp(e->key, key, SHA256_SIZE) != 0)
        e = e->next;
    return e;
}

static void order_remove(struct shard *s, struct entry *e)
{
    *(e->newer ? &e->newer->older : &s->newest) = e->older;
    *(e->older ? &e->older->newer : &s->oldest) = e->newer;
}

static void order_add(struct shard *s, struct entry *e)
{
    e->newer = NULL;
    e->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = e;
    s->newest = e;
}

static void oldest_drop(const struct pck_cache *c, struct shard *s)
{
    struct entry *e = s->oldest, **at = bucket_of(c, s, e->key);

    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    order_remove(s, e);
    s->count--;
    entry_free(e);
}

bool pck_cache_find(struct pck_cache *c, const uint8_t key[static SHA256_SIZE],
                    struct pck_platform *ret)
{
    struct shard *s = shard_lock(c, key);
    struct entry *e = entry_find(c, s, key);

    if (e) {
        order_remove(s, e);
        order_add(s, e);
        *ret = e->platform;
        known_key_ref(ret->known);
    }
    pthread_mutex_unlock(&s->lock);
    return e != NULL;
}

void pck_cache_store(struct pck_cache *c, const uint8_t key[static SHA256_SIZE],
                     const struct pck_platform *p)
{
    struct shard *s = shard_lock(c, key);
    struct entry *e = entry_find(c, s, key), **bucket;

    if (!e) {
        /* A shard's buckets come with its first platform: a verifier of one quote needs one shard.
         */
        if (!s->buckets)
            s->buckets = calloc(c->bucket_count, sizeof(struct entry *));
        e = s->buckets ? calloc(1, sizeof(*e)) : NULL;
        if (!e) {
            pthread_mutex_unlock(&s->lock);
            return;
        }
        while (s->count >= c->max)
            oldest_drop(c, s);
        memcpy(e->key, key, SHA256_SIZE);
        bucket = bucket_of(c, s, key);
        e->next = *bucket;
        *bucket = e;
        order_add(s, e);
        s->count++;
    }
    known_key_unref(e->platform.known);
    e->platform = *p;
    e->platform.known = NULL;
    pthread_mutex_unlock(&s->lock);
}

bool pck_cache_knows_qe(const struct pck_platform *p, const uint8_t qe[static SHA256_SIZE])
{
    for (size_t i = 0; i < p->qe_count; i++)
        if (memcmp(p->qe[i], qe, SHA256_SIZE) == 0)
            return true;
    return false;
}

void pck_cache_store_qe(struct pck_cache *c, const uint8_t key[static SHA256_SIZE],
                        const uint8_t qe[static SHA256_SIZE])
{
    struct shard *s = shard_lock(c, key);
    struct entry *e = entry_find(c, s, key);

    if (e && !pck_cache_knows_qe(&e->platform, qe)) {
        struct pck_platform *p = &e->platform;

        memcpy(p->qe[p->qe_next], qe, SHA256_SIZE);
        p->qe_next = (uint8_t)((p->qe_next + 1) % PCK_CACHE_QE_MAX);
        p->qe_count = (uint8_t)MIN(p->qe_count + 1, PCK_CACHE_QE_MAX);
    }
    pthread_mutex_unlock(&s->lock);
}

void pck_cache_store_known(struct pck_cache *c, const uint8_t key[static SHA256_SIZE],
                           struct known_key *known)
{
    struct shard *s = shard_lock(c, key);
    struct entry *e = entry_find(c, s, key);

    if (e) {
        known_key_unref(e->platform.known);
        e->platform.known = known_key_ref(known);
    }
    pthread_mutex_unlock(&s->lock);
}
