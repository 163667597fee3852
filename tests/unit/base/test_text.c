/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/macros.h"
#include "base/text.h"

static void blanks_go_at_both_ends_only(void **state)
{
    (void)state;
    assert_true(span_equal_str(text_trim(span_str(" \t a b\r\n")), "a b"));
    assert_int_equal(text_trim(span_str(" \n\t ")).len, 0);
    assert_int_equal(text_trim(span_of(NULL, 0)).len, 0);
}

static void a_split_gives_every_part_once(void **state)
{
    static const char *const parts[] = {"a", "", "bc"};
    struct span rest = span_str("a::bc");

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(parts); i++)
        assert_true(span_equal_str(text_split(&rest, ':'), parts[i]));
    assert_int_equal(rest.len, 0);
    assert_int_equal(text_split(&rest, ':').len, 0);
}

static void ends_are_compared(void **state)
{
    (void)state;
    assert_true(text_ends_with(span_str("x.scope"), span_str(".scope")));
    assert_false(text_ends_with(span_str("scope"), span_str(".scope")));
    assert_true(text_ends_with(span_str("x"), span_of(NULL, 0)));
}

static void digits_of_every_byte(void **state)
{
    static const char digits[] = "0123456789abcdef", upper[] = "ABCDEF";
    int expected[256];

    (void)state;
    for (int c = 0; c < 256; c++)
        expected[c] = -1;
    for (int i = 0; i < 16; i++)
        expected[(uint8_t)digits[i]] = i;
    for (int i = 0; i < 6; i++)
        expected[(uint8_t)upper[i]] = 10 + i;
    for (int c = 0; c < 256; c++)
        assert_int_equal(text_hex_digit((uint8_t)c), expected[c]);
}

static void numbers_have_a_limit(void **state)
{
    uint64_t value = 7;

    (void)state;
    assert_false(text_hex_parse(span_str(""), 16, &value));
    assert_false(text_hex_parse(span_str("10000000000000000"), 16, &value));
    assert_false(text_hex_parse(span_str("123"), 2, &value));
    assert_false(text_hex_parse(span_str("0x1"), 16, &value));
    assert_int_equal(value, 7);
    assert_true(text_hex_parse(span_str("ffffffffFFFFFFFE"), 16, &value));
    assert_true(value == UINT64_MAX - 1);
    assert_true(text_hex_parse(span_str("0f"), 2, &value));
    assert_int_equal(value, 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_go_at_both_ends_only),
        cmocka_unit_test(a_split_gives_every_part_once),
        cmocka_unit_test(ends_are_compared),
        cmocka_unit_test(digits_of_every_byte),
        cmocka_unit_test(numbers_have_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
