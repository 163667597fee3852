/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "net/http/target.h"

static void escapes_are_decoded(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(64);

    (void)state;
    assert_true(http_target_decode(span_str("a%2Fb%2e%c3%A9+"), &out));
    assert_true(span_equal_str(buf_span(&out), "a/b.\xc3\xa9+"));
}

static void bad_escapes_are_refused(void **state)
{
    static const char *const rows[] = {"%", "%2", "a%2", "%zz", "%2g", "%00", "%-1", "% 1"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        CLEANUP(buf_done) struct buf out = buf_init(64);

        assert_false(http_target_decode(span_str(rows[i]), &out));
    }
}

static void decoded_text_is_bounded(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(3);

    (void)state;
    assert_false(http_target_decode(span_str("abcd"), &out));
}

static void a_query_gives_its_first_value_of_a_name(void **state)
{
    const struct span query = span_str("a=1&b=x+%2B&&c&d==&a=2&=e");
    CLEANUP(buf_done) struct buf out = buf_init(64);
    struct span value;

    (void)state;
    assert_true(http_target_query_find(query, "a", &value) && span_equal_str(value, "1"));
    assert_true(http_target_query_find(query, "c", &value) && value.len == 0);
    assert_true(http_target_query_find(query, "d", &value) && span_equal_str(value, "="));
    assert_false(http_target_query_find(query, "e", &value));
    assert_int_equal(http_target_query_value(query, "b", &out), 1);
    assert_true(span_equal_str(buf_span(&out), "x +"));
    assert_int_equal(http_target_query_value(query, "z", &out), 0);
    assert_int_equal(http_target_query_value(span_str("a=%"), "a", &out), -EBADMSG);
    out = (buf_done(&out), buf_init(2));
    assert_int_equal(http_target_query_value(span_str("a=123"), "a", &out), -EMSGSIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(bad_escapes_are_refused),
        cmocka_unit_test(decoded_text_is_bounded),
        cmocka_unit_test(a_query_gives_its_first_value_of_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
