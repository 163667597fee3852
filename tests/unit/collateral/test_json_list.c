/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "collateral/json_list.h"

static int numbers_read(const char *text, size_t max, struct json_list *ret, struct arena *arena,
                        struct err *err)
{
    struct json_reader r = json_reader_of(span_str(text));
    uint16_t *item;

    *ret = (struct json_list){.max = max, .item_size = sizeof(*item)};
    json_enter_array(&r);
    while ((item = json_list_next(&r, arena, ret)))
        *item = (uint16_t)json_unsigned(&r, UINT16_MAX);
    return json_reader_done(&r, err);
}

static void items_are_kept_in_order(void **state)
{
    static const uint16_t expected[] = {5, 4, 3, 2, 1, 0, 1, 2, 3, 4};
    struct arena *arena = arena_new();
    struct json_list list;

    (void)state;
    assert_int_equal(numbers_read("[5,4,3,2,1,0,1,2,3,4]", 10, &list, arena, NULL), 0);
    assert_int_equal(list.count, 10);
    assert_memory_equal(list.items, expected, sizeof(expected));
    assert_int_equal(numbers_read("[]", 10, &list, arena, NULL), 0);
    assert_int_equal(list.count, 0);
    assert_null(list.items);
    arena_free(arena);
}

static void one_item_too_many_is_refused(void **state)
{
    struct arena *arena = arena_new();
    struct json_list list;
    struct err err = {0};

    (void)state;
    assert_int_equal(numbers_read("[1,2,3]", 3, &list, arena, &err), 0);
    assert_int_equal(numbers_read("[1,2,3,4]", 3, &list, arena, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "too many items"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_kept_in_order),
        cmocka_unit_test(one_item_too_many_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
