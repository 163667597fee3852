/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "crypto_bare/mem.h"
#include "sdk/runtime/runtime.h"

enum {
    HEAP_SIZE = 64 * 1024, /* bytes */
    THREADS = 4,
};

static alignas(16) uint8_t heap[HEAP_SIZE];
static jmp_buf aborted;

void coffer_abort(void)
{
    longjmp(aborted, 1);
}

static int heap_make(void **state)
{
    (void)state;
    memset(heap, 0, sizeof(heap));
    sdk_heap_init(heap, sizeof(heap));
    return 0;
}

static void gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    for (size_t size = 0; size < 300; size += 7) {
        uint8_t *p = coffer_alloc(size);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_true(mem_is_zero(p, size));
        memset(p, 0xff, size);
        coffer_free(p);
    }
    assert_non_null(coffer_alloc(HEAP_SIZE - 16));
    assert_null(coffer_alloc(1));
}

static void fills_and_empties(void **state)
{
    void *blocks[HEAP_SIZE / 64];
    size_t count = 0;

    (void)state;
    while (count < HEAP_SIZE / 64 && (blocks[count] = coffer_alloc(48)))
        count++;
    assert_int_equal(count, HEAP_SIZE / 64);
    assert_null(coffer_alloc(48));
    for (size_t i = 0; i < count; i += 2)
        coffer_free(blocks[i]);
    assert_null(coffer_alloc(100)); /* free blocks are not neighbours */
    for (size_t i = 1; i < count; i += 2)
        coffer_free(blocks[i]);
    assert_non_null(coffer_alloc(HEAP_SIZE - 16));
}

/** draw() - the next number of a fixed sequence, below @limit */
static size_t draw(size_t limit)
{
    static uint64_t sequence = 1;

    sequence = sequence * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (size_t)(sequence >> 33) % limit;
}

static void blocks_do_not_overlap(void **state)
{
    uint8_t *blocks[64] = {0};
    size_t sizes[64] = {0};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t k = draw(64);

        if (blocks[k]) {
            for (size_t at = 0; at < sizes[k]; at++)
                assert_int_equal(blocks[k][at], k + 1);
            coffer_free(blocks[k]);
            blocks[k] = NULL;
            continue;
        }
        sizes[k] = draw(2000);
        blocks[k] = coffer_alloc(sizes[k]);
        if (blocks[k])
            memset(blocks[k], (int)k + 1, sizes[k]);
    }
}

static void impossible_sizes(void **state)
{
    (void)state;
    assert_null(coffer_alloc(SIZE_MAX));
    assert_null(coffer_alloc(SIZE_MAX - 15));
    assert_null(coffer_alloc(SIZE_MAX - 40));
    assert_null(coffer_alloc(HEAP_SIZE));
    coffer_free(NULL);
}

static bool aborts(void *memory)
{
    if (setjmp(aborted))
        return true;
    coffer_free(memory);
    return false;
}

static void wrong_frees_abort(void **state)
{
    uint8_t *p = coffer_alloc(64);

    (void)state;
    assert_true(aborts(p + 16));
    assert_true(aborts(p + 1));
    assert_true(aborts(&state));
    assert_false(aborts(p));
    assert_true(aborts(p));
}

static void *work(void *argument)
{
    for (int i = 0; i < 20000; i++) {
        uint64_t *p = coffer_alloc(64 + (size_t)i % 100);

        if (!p)
            return argument;
        *p = (uint64_t)&p;
        if (*p != (uint64_t)&p)
            return argument;
        coffer_free(p);
    }
    return NULL;
}

static void threads(void **state)
{
    static int failure;
    pthread_t ids[THREADS];
    void *failed;

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&ids[i], NULL, work, &failure), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(ids[i], &failed), 0);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(gives_zeroed_aligned_memory, heap_make),
        cmocka_unit_test_setup(fills_and_empties, heap_make),
        cmocka_unit_test_setup(blocks_do_not_overlap, heap_make),
        cmocka_unit_test_setup(impossible_sizes, heap_make),
        cmocka_unit_test_setup(wrong_frees_abort, heap_make),
        cmocka_unit_test_setup(threads, heap_make),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
