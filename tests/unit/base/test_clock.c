/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/clock.h"

static void parses_what_it_renders(void **state)
{
    static const struct {
        const char *text, *rendered;
        int64_t unix_s;
    } rows[] = {
        {"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", 0},
        {"2026-11-24T18:10:52Z", "2026-11-24T18:10:52Z", 1795543852},
        {"2024-02-29t23:59:59.999z", "2024-02-29T23:59:59Z", 1709251199},
        {"2000-01-01T01:30:00+01:30", "2000-01-01T00:00:00Z", 946684800},
        {"1795543852", "2026-11-24T18:10:52Z", 1795543852},
        {"0000-03-01T00:00:00Z", "0000-03-01T00:00:00Z", -62162035200},
    };
    char text[CLOCK_RFC3339_SIZE];
    int64_t value;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(clock_parse(span_str(rows[i].text), &value, NULL), 0);
        assert_int_equal(value, rows[i].unix_s);
        assert_string_equal(clock_render(value, text), rows[i].rendered);
    }
}

static void refuses_what_is_no_time(void **state)
{
    static const char *const rows[] = {
        "",
        "now",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00Zx",
        "2026-01-01",
        "-5",
        "12345678901234",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00+99:00",
        "2023-02-29T00:00:00Z",
    };
    struct err err = {0};
    int64_t value;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(clock_parse(span_str(rows[i]), &value, &err), -EINVAL);
        assert_true(err.text[0] != 0);
    }
}

static void renders_far_times_safely(void **state)
{
    char text[CLOCK_RFC3339_SIZE];

    (void)state;
    assert_string_equal(clock_render(INT64_MAX, text), "invalid time");
    assert_string_equal(clock_render(INT64_MIN, text), "invalid time");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_what_it_renders),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(renders_far_times_safely),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
