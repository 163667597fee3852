/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "emulator/enclave/mapping_before_ecreate.h"

enum {
    READ = 1,
    WRITE = 2,
};

/* Draws the table as a map of 64 bytes: a dot where nothing is mapped, else the rights. */
static void assert_map(const struct mappings_before *t, const char *expected)
{
    char seen[65];

    memset(seen, '.', 64);
    seen[64] = 0;
    for (size_t i = 0; i < MAPPING_BEFORE_MAX; i++)
        for (uint64_t k = 0; k < t->mappings[i].size; k++) {
            uint64_t at = t->mappings[i].base + k;

            assert_true(at < 64 && seen[at] == '.');
            seen[at] = (char)('0' + t->mappings[i].prot);
        }
    for (size_t i = strlen(expected); i < 64; i++)
        assert_int_equal(seen[i], '.');
    seen[strlen(expected)] = 0;
    assert_string_equal(seen, expected);
}

static void what_is_left_of_a_cut_stays(void **state)
{
    struct mappings_before t = {0};

    (void)state;
    assert_true(mapping_before_is_empty(&t));
    assert_true(mapping_before_add(&t, 2, 8, READ));
    assert_true(mapping_before_add(&t, 12, 4, WRITE));
    assert_map(&t, "..11111111..2222");
    assert_true(mapping_before_cut(&t, 4, 2));
    assert_map(&t, "..11..1111..2222");
    assert_true(mapping_before_cut(&t, 9, 4));
    assert_map(&t, "..11..111....222");
    assert_true(mapping_before_cut(&t, 20, 4));
    assert_true(mapping_before_cut(&t, 0, 0));
    assert_map(&t, "..11..111....222");
    assert_true(mapping_before_find(&t, 0, 3) && mapping_before_find(&t, 15, 40));
    assert_false(mapping_before_find(&t, 4, 2) || mapping_before_find(&t, 16, 8) ||
                 mapping_before_find(&t, 2, 0));
    assert_int_equal(mapping_before_find(&t, 15, 1)->base, 13);
    assert_null(mapping_before_find(&t, 16, 1));
    assert_true(mapping_before_cut(&t, 0, 64));
    assert_true(mapping_before_is_empty(&t));
}

static void rights_change_where_something_is_mapped(void **state)
{
    struct mappings_before t = {0};

    (void)state;
    assert_true(mapping_before_add(&t, 2, 6, READ));
    assert_true(mapping_before_add(&t, 10, 4, READ));
    assert_true(mapping_before_protect(&t, 6, 6, WRITE));
    assert_map(&t, "..111122..2211");
    assert_true(mapping_before_protect(&t, 0, 64, WRITE));
    assert_map(&t, "..222222..2222");
    assert_true(mapping_before_protect(&t, 3, 1, 0));
    assert_map(&t, "..202222..2222");
}

static void without_room_nothing_changes(void **state)
{
    struct mappings_before t = {0}, before;

    (void)state;
    for (uint64_t i = 0; i < MAPPING_BEFORE_MAX; i++)
        assert_true(mapping_before_add(&t, i * 4, 3, READ));
    before = t;
    assert_false(mapping_before_add(&t, 40, 1, READ));
    assert_true(mapping_before_add(&t, 40, 0, READ));
    assert_false(mapping_before_cut(&t, 1, 1));
    assert_false(mapping_before_protect(&t, 1, 1, WRITE));
    assert_false(mapping_before_protect(&t, 0, 2, WRITE));
    assert_memory_equal(&t, &before, sizeof(t));
    assert_true(mapping_before_protect(&t, 0, 3, WRITE));
    assert_true(mapping_before_cut(&t, 4, 1));
    assert_map(&t, "222..11.111.111.111.111.111.111");
    assert_true(mapping_before_cut(&t, 0, 64));
    assert_true(mapping_before_is_empty(&t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_of_a_cut_stays),
        cmocka_unit_test(rights_change_where_something_is_mapped),
        cmocka_unit_test(without_room_nothing_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
