/* SPDX-License-Identifier: Apache-2.0 */
#include "pccs/cache.h"

#include <stdio.h>
#include <string.h>

void pccs_cache_key(const struct pccs_call *call, char key[static PCCS_CACHE_KEY_SIZE])
{
    char name[PCCS_ITEM_NAME_SIZE];

    snprintf(key, PCCS_CACHE_KEY_SIZE, "%s %d %u %d", pccs_item_name(&call->item, name),
             (int)call->dialect, call->version, (int)call->form);
}

/* FNV-1a, 32 bits */
static size_t place_of(const char *key)
{
    uint32_t hash = 0x811c9dc5;

    for (; *key; key++)
        hash = (hash ^ (uint8_t)*key) * 0x01000193;
    return (hash ^ hash >> 16) & (PCCS_CACHE_PLACES - 1);
}

struct http_prebuilt *pccs_cache_find(struct pccs_cache *c, const char *key, int64_t now_ms)
{
    size_t i = place_of(key);

    if (c->places[i].until_ms < now_ms || strcmp(c->places[i].key, key) != 0)
        return NULL;
    return c->places[i].answer;
}

void pccs_cache_put(struct pccs_cache *c, const char *key, struct http_prebuilt *answer,
                    int64_t now_ms)
{
    size_t i = place_of(key);

    http_prebuilt_unref(c->places[i].answer);
    c->places[i].answer = http_prebuilt_ref(answer);
    c->places[i].until_ms = now_ms + PCCS_CACHE_AGE_MS;
    snprintf(c->places[i].key, sizeof(c->places[i].key), "%s", key);
}

void pccs_cache_clear(struct pccs_cache *c)
{
    for (size_t i = 0; i < PCCS_CACHE_PLACES; i++) {
        http_prebuilt_unref(c->places[i].answer);
        memset(&c->places[i], 0, sizeof(c->places[i]));
    }
}
