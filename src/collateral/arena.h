/* SPDX-License-Identifier: Apache-2.0 */
/* collateral/arena.h: memory that one parsed object owns and gives back at once. For collateral/
 * only. */
#ifndef COFFER_COLLATERAL_ARENA_H
#define COFFER_COLLATERAL_ARENA_H

#include "base/span.h"

enum {
    ARENA_CHUNK_SIZE = 16 * 1024, /* bytes; larger requests get a chunk of their own */
};

struct arena; /* opaque */

/** arena_new() - Return: an empty arena, or NULL without memory */
struct arena *arena_new(void);
void arena_free(struct arena *a);

/** arena_zalloc() - @count * @size zeroed bytes, aligned for any type; NULL without memory */
void *arena_zalloc(struct arena *a, size_t count, size_t size);

/** arena_copy() - a private copy of @bytes; its data is NULL without memory */
struct span arena_copy(struct arena *a, struct span bytes);

/**
 * arena_grow() - room for one more element in an array of @count
 * @array: the array so far, NULL at first; @capacity is kept by this function, 0 at first
 * Return: the array, moved when it had to grow; NULL without memory.
 */
void *arena_grow(struct arena *a, void *array, size_t count, size_t *capacity, size_t size);

#endif
