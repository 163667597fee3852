/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First fit over blocks that follow each other without gaps; free neighbours are merged when the
 * search passes them. Free memory is zero except for the headers, so an allocation need not be
 * wiped and a use after free reads no secret.
 */
#include <stdatomic.h>

#include "crypto_bare/mem.h"
#include "sdk/runtime/runtime.h"

#define BLOCK_FREE UINT64_C(0x46524545c0ffe45e)
#define BLOCK_USED UINT64_C(0x55534544c0ffe45e)

struct block {
    uint64_t size; /* bytes, this header included; a multiple of 16 */
    uint64_t mark; /* BLOCK_FREE or BLOCK_USED, xor the block's address */
};

enum {
    ALIGN = 16,
    SPLIT_MIN = 4 * ALIGN, /* bytes; a smaller rest stays in the block */
};

static struct {
    atomic_flag lock;
    uint8_t *start, *end;
} heap = {.lock = ATOMIC_FLAG_INIT};

static void heap_lock(void)
{
    while (atomic_flag_test_and_set_explicit(&heap.lock, memory_order_acquire))
        __builtin_ia32_pause();
}

static void heap_unlock(void)
{
    atomic_flag_clear_explicit(&heap.lock, memory_order_release);
}

static struct block *block_at(uint8_t *address)
{
    return (struct block *)(void *)address;
}

static struct block *block_next(struct block *b)
{
    uint8_t *next = (uint8_t *)b + b->size;

    return next < heap.end ? block_at(next) : NULL;
}

static bool is_marked(const struct block *b, uint64_t mark)
{
    return b->mark == (mark ^ (uint64_t)b);
}

static void mark_set(struct block *b, uint64_t mark)
{
    b->mark = mark ^ (uint64_t)b;
}

void sdk_heap_init(uint8_t *start, size_t size)
{
    heap.start = start;
    heap.end = start + size;
    block_at(start)->size = size;
    mark_set(block_at(start), BLOCK_FREE);
}

static void block_merge(struct block *b)
{
    struct block *next;

    while ((next = block_next(b)) && is_marked(next, BLOCK_FREE)) {
        b->size += next->size;
        memset(next, 0, sizeof(*next));
    }
}

static void block_take(struct block *b, uint64_t need)
{
    if (b->size - need >= SPLIT_MIN) {
        struct block *rest = block_at((uint8_t *)b + need);

        rest->size = b->size - need;
        mark_set(rest, BLOCK_FREE);
        b->size = need;
    }
    mark_set(b, BLOCK_USED);
}

PUBLIC void *coffer_alloc(size_t size)
{
    uint64_t need = (size + sizeof(struct block) + ALIGN - 1) & ~(uint64_t)(ALIGN - 1);
    struct block *b;

    if (need < size)
        return NULL;
    heap_lock();
    for (b = block_at(heap.start); b; b = block_next(b)) {
        if (!is_marked(b, BLOCK_FREE))
            continue;
        block_merge(b);
        if (b->size >= need) {
            block_take(b, need);
            break;
        }
    }
    heap_unlock();
    return b ? b + 1 : NULL;
}

PUBLIC void coffer_free(void *memory)
{
    uint64_t at = (uint64_t)memory - sizeof(struct block);
    struct block *b = (struct block *)at;
    uint8_t *address = (uint8_t *)at;

    if (!memory)
        return;
    if (address < heap.start || address >= heap.end || at % ALIGN != 0 || !is_marked(b, BLOCK_USED))
        coffer_abort();
    mem_wipe(memory, b->size - sizeof(*b));
    heap_lock();
    mark_set(b, BLOCK_FREE);
    heap_unlock();
}
