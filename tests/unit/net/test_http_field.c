/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "net/http/field.h"

static void a_head_ends_at_its_first_empty_line(void **state)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\nrest";
    size_t scanned = 0, len = 0;

    (void)state;
    assert_int_equal(http_field_head_find(span_str(text), &scanned, &len, NULL), 1);
    assert_int_equal(len, sizeof(text) - 1 - 4);
}

static void a_head_may_come_byte_by_byte(void **state)
{
    static const char text[] = "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n";
    size_t scanned = 0, len = 0, whole = sizeof(text) - 1;

    (void)state;
    for (size_t i = 0; i < whole; i++)
        assert_int_equal(http_field_head_find(span_of(text, i), &scanned, &len, NULL), 0);
    assert_int_equal(http_field_head_find(span_of(text, whole), &scanned, &len, NULL), 1);
    assert_int_equal(len, whole);
}

static void a_line_feed_alone_is_refused(void **state)
{
    static const char *const rows[] = {"GET / HTTP/1.1\n", "\n", "GET / HTTP/1.1\r\nHost: x\n\n",
                                       "a\r\n\n"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        size_t scanned = 0, len = 0;

        assert_int_equal(http_field_head_find(span_str(rows[i]), &scanned, &len, NULL), -EBADMSG);
    }
}

static void fields_lose_their_blanks(void **state)
{
    struct span rest = span_str("Host:x\r\nA-b: \t v w\t \r\nEmpty:\r\n\r\nbody");
    struct http_field field;

    (void)state;
    assert_int_equal(http_field_take(&rest, &field, NULL), 1);
    assert_true(span_equal_str(field.name, "Host") && span_equal_str(field.value, "x"));
    assert_int_equal(http_field_take(&rest, &field, NULL), 1);
    assert_true(span_equal_str(field.name, "A-b") && span_equal_str(field.value, "v w"));
    assert_int_equal(http_field_take(&rest, &field, NULL), 1);
    assert_int_equal(field.value.len, 0);
    assert_int_equal(http_field_take(&rest, &field, NULL), 0);
    assert_true(span_equal_str(rest, "body"));
}

static void bad_fields_are_refused(void **state)
{
    static const char *const rows[] = {
        "Host : x\r\n", " Host: x\r\n",   "\tfolded\r\n",    "Host\r\n",        ": x\r\n",
        "Ho st: x\r\n", "Host: a\rb\r\n", "Host: a\x01\r\n", "Host: a\x7f\r\n", "Host: x",
        "Host: x\n",    "H\xe9: x\r\n",   "Host\t: x\r\n",   "(Host): x\r\n",
    };
    static const char with_nul[] = "Host: a\0b\r\n", nul_in_name[] = "Ho\0st: b\r\n";
    struct http_field field;
    struct span rest;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct err err = {0};

        rest = span_str(rows[i]);
        assert_int_equal(http_field_take(&rest, &field, &err), -EBADMSG);
        assert_true(err.text[0] != 0);
    }
    rest = span_of(with_nul, sizeof(with_nul) - 1);
    assert_int_equal(http_field_take(&rest, &field, NULL), -EBADMSG);
    rest = span_of(nul_in_name, sizeof(nul_in_name) - 1);
    assert_int_equal(http_field_take(&rest, &field, NULL), -EBADMSG);
}

static void lengths_are_digits_and_no_more(void **state)
{
    static const char *const bad[] = {"", "+1", "-1", "1 ", " 1", "0x10", "1,1", "1.0", "a"};
    uint64_t value = 0;

    (void)state;
    assert_int_equal(http_field_length_parse(span_str("0"), &value, NULL), 0);
    assert_int_equal(value, 0);
    assert_int_equal(http_field_length_parse(span_str("0000001234567890123"), &value, NULL), 0);
    assert_true(value == 1234567890123);
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(http_field_length_parse(span_str(bad[i]), &value, NULL), -EBADMSG);
    assert_int_equal(http_field_length_parse(span_str("18446744073709551616"), &value, NULL),
                     -EMSGSIZE);
    assert_int_equal(http_field_length_parse(span_str("99999999999999999999999"), &value, NULL),
                     -EMSGSIZE);
}

static void lists_pass_over_empty_elements(void **state)
{
    struct span rest = span_str(", close ,,\tkeep-alive,"), element;

    (void)state;
    assert_true(http_field_list_next(&rest, &element) && span_equal_str(element, "close"));
    assert_true(http_field_list_next(&rest, &element) && span_equal_str(element, "keep-alive"));
    assert_false(http_field_list_next(&rest, &element));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_ends_at_its_first_empty_line),
        cmocka_unit_test(a_head_may_come_byte_by_byte),
        cmocka_unit_test(a_line_feed_alone_is_refused),
        cmocka_unit_test(fields_lose_their_blanks),
        cmocka_unit_test(bad_fields_are_refused),
        cmocka_unit_test(lengths_are_digits_and_no_more),
        cmocka_unit_test(lists_pass_over_empty_elements),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
