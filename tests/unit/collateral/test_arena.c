/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdalign.h>
#include <string.h>

#include "collateral/arena.h"

static void memory_is_zeroed_and_aligned(void **state)
{
    static const size_t sizes[] = {1, 7, 64, ARENA_CHUNK_SIZE / 4, ARENA_CHUNK_SIZE * 3};
    struct arena *a = arena_new();

    (void)state;
    assert_non_null(a);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t *p = arena_zalloc(a, sizes[i], 1);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        assert_true(span_is_zero(span_of(p, sizes[i])));
        memset(p, 0xff, sizes[i]);
    }
    arena_free(a);
    arena_free(NULL);
}

static void sizes_that_overflow_are_refused(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    assert_null(arena_zalloc(a, SIZE_MAX, 2));
    assert_null(arena_zalloc(a, SIZE_MAX / 2 + 1, 1));
    arena_free(a);
}

static void arrays_keep_their_content_as_they_grow(void **state)
{
    struct arena *a = arena_new();
    size_t capacity = 0;
    int *array = NULL;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        array = arena_grow(a, array, (size_t)i, &capacity, sizeof(*array));
        assert_non_null(array);
        array[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(array[i], i);
    arena_free(a);
}

static void copies_are_private(void **state)
{
    struct arena *a = arena_new();
    char text[] = "abc";
    struct span copy = arena_copy(a, span_str(text)), none = arena_copy(a, span_of(NULL, 0));

    (void)state;
    text[0] = 'x';
    assert_true(span_equal_str(copy, "abc"));
    assert_non_null(none.data);
    assert_int_equal(none.len, 0);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(arrays_keep_their_content_as_they_grow),
        cmocka_unit_test(copies_are_private),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
