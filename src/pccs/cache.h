/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/cache.h: answers to calls for items, ready to be sent. A table has one place for each hash
 * value, and a newcomer takes the place. The time is an argument.
 */
#ifndef COFFER_PCCS_CACHE_H
#define COFFER_PCCS_CACHE_H

#include "net/http/prebuilt.h"
#include "pccs/front.h"

enum {
    PCCS_CACHE_PLACES = 512, /* a power of two */
    PCCS_CACHE_KEY_SIZE = 64,
    PCCS_CACHE_AGE_MS = 5000, /* an answer is kept this long */
};

/** struct pccs_cache - zero-initialise; release with pccs_cache_clear() */
struct pccs_cache {
    struct {
        char key[PCCS_CACHE_KEY_SIZE];
        struct http_prebuilt *answer;
        int64_t until_ms;
    } places[PCCS_CACHE_PLACES];
};

/** pccs_cache_key() - calls for an item with equal keys have equal answers */
void pccs_cache_key(const struct pccs_call *call, char key[static PCCS_CACHE_KEY_SIZE]);

/** pccs_cache_find() - Return: borrowed until the next call; NULL when there is none */
struct http_prebuilt *pccs_cache_find(struct pccs_cache *c, const char *key, int64_t now_ms);

/** pccs_cache_put() - takes a reference of its own */
void pccs_cache_put(struct pccs_cache *c, const char *key, struct http_prebuilt *answer,
                    int64_t now_ms);

void pccs_cache_clear(struct pccs_cache *c);

#endif
