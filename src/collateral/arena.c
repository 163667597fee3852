/* SPDX-License-Identifier: Apache-2.0 */
#include "collateral/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/macros.h"

struct chunk {
    struct chunk *next;
    alignas(max_align_t) uint8_t bytes[];
};

struct arena {
    struct chunk *chunks;
    uint8_t *at; /* free part of the current chunk */
    size_t left;
};

struct arena *arena_new(void)
{
    return calloc(1, sizeof(struct arena));
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    for (struct chunk *c = a->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(a);
}

static uint8_t *chunk_new(struct arena *a, size_t size)
{
    struct chunk *c = malloc(sizeof(*c) + size);

    if (!c)
        return NULL;
    c->next = a->chunks;
    a->chunks = c;
    return c->bytes;
}

void *arena_zalloc(struct arena *a, size_t count, size_t size)
{
    size_t bytes;
    uint8_t *p;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (bytes > ARENA_CHUNK_SIZE / 4) {
        p = chunk_new(a, bytes);
    } else {
        if (bytes > a->left) {
            a->at = chunk_new(a, ARENA_CHUNK_SIZE);
            a->left = a->at ? ARENA_CHUNK_SIZE : 0;
        }
        p = a->at;
        if (p) {
            a->at += bytes;
            a->left -= bytes;
        }
    }
    return p ? memset(p, 0, bytes) : NULL;
}

struct span arena_copy(struct arena *a, struct span bytes)
{
    uint8_t *p = arena_zalloc(a, bytes.len + 1, 1);

    if (p && bytes.len > 0)
        memcpy(p, bytes.data, bytes.len);
    return span_of(p, p ? bytes.len : 0);
}

void *arena_grow(struct arena *a, void *array, size_t count, size_t *capacity, size_t size)
{
    size_t more = MAX(*capacity * 2, (size_t)8);
    void *p;

    if (count < *capacity)
        return array;
    p = arena_zalloc(a, more, size);
    if (!p)
        return NULL;
    if (count > 0)
        memcpy(p, array, count * size);
    *capacity = more;
    return p;
}
