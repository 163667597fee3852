/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "emulator/strings.h"

static void numbers_end_where_digits_end(void **state)
{
    uint64_t value;

    (void)state;
    assert_string_equal(string_hex("7fFF0-", &value), "-");
    assert_int_equal(value, 0x7fff0);
    assert_string_equal(string_decimal("12a", &value), "a");
    assert_int_equal(value, 12);
    assert_string_equal(string_hex("g", &value), "g");
    assert_int_equal(value, 0);
    assert_string_equal(string_decimal("", &value), "");
    assert_int_equal(value, 0);
}

static void strings_are_equal_to_their_last_character(void **state)
{
    (void)state;
    assert_true(string_equals("", ""));
    assert_true(string_equals("trap", "trap"));
    assert_false(string_equals("trap", "tra"));
    assert_false(string_equals("tra", "trap"));
    assert_false(string_equals("trap", "trip"));
}

static void a_prefix_leaves_the_rest(void **state)
{
    const char *rest = "untouched";

    (void)state;
    assert_false(string_starts_with("NAM=x", "NAME", &rest));
    assert_false(string_starts_with("NAM", "NAME", &rest));
    assert_string_equal(rest, "untouched");
    assert_true(string_starts_with("NAME=x", "NAME", &rest));
    assert_string_equal(rest, "=x");
}

static void a_copy_keeps_its_last_zero(void **state)
{
    char to[4] = {0};

    (void)state;
    string_copy(to, sizeof(to), "abcdef");
    assert_string_equal(to, "abc");
    memset(to, 0, sizeof(to));
    string_copy(to, sizeof(to), "a");
    assert_string_equal(to, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_end_where_digits_end),
        cmocka_unit_test(strings_are_equal_to_their_last_character),
        cmocka_unit_test(a_prefix_leaves_the_rest),
        cmocka_unit_test(a_copy_keeps_its_last_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
