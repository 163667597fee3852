/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/options.h"

static const char *file, *maybe;
static bool is_json, has_maybe;

static const struct option_row rows[] = {
    {"file", "FILE", &file, NULL, "a file", false},
    {"json", NULL, NULL, &is_json, "as JSON", false},
    {"maybe", "X", &maybe, &has_maybe, "optional", true},
    {0},
};
static const struct options options = {
    .command = "test", .usage = "[OPTIONS] ARG", .summary = "A test.", .rows = rows};
static const struct options runner = {.command = "test",
                                      .usage = "CMD",
                                      .summary = "A test.",
                                      .rows = rows,
                                      .stop_at_argument = true};

static int reset(void **state)
{
    (void)state;
    file = maybe = NULL;
    is_json = has_maybe = false;
    return 0;
}

static void values_and_arguments_mix(void **state)
{
    char *argv[] = {"test", "one", "--file", "f", "two", "--json", "--maybe", "-", NULL};
    int first;

    (void)state;
    assert_int_equal(options_parse(&options, 8, argv, &first), OPTIONS_PARSED);
    assert_int_equal(first, 5);
    assert_string_equal(argv[5], "one");
    assert_string_equal(argv[6], "two");
    assert_string_equal(argv[7], "-");
    assert_string_equal(file, "f");
    assert_true(is_json && has_maybe);
    assert_null(maybe);
}

static void two_dashes_end_the_options(void **state)
{
    char *argv[] = {"test", "--maybe=m", "a", "--", "--json", NULL};
    int first;

    (void)state;
    assert_int_equal(options_parse(&options, 5, argv, &first), OPTIONS_PARSED);
    assert_int_equal(first, 3);
    assert_string_equal(argv[3], "a");
    assert_string_equal(argv[4], "--json");
    assert_string_equal(maybe, "m");
    assert_false(is_json);
}

static void a_command_keeps_its_own_options(void **state)
{
    char *argv[] = {"run", "--json", "cmd", "--file", "--", "x", NULL};
    int first;

    (void)state;
    assert_int_equal(options_parse(&runner, 6, argv, &first), OPTIONS_PARSED);
    assert_int_equal(first, 2);
    assert_string_equal(argv[2], "cmd");
    assert_string_equal(argv[4], "--");
    assert_true(is_json);
    assert_null(file);
}

static void misuse_is_refused(void **state)
{
    static char *const lines[][4] = {
        {"test", "--nope", NULL}, {"test", "--file", NULL},     {"test", "--json=1", NULL},
        {"test", "-x", NULL},     {"test", "--log=loud", NULL},
    };
    int first;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) {
        char *argv[4];

        memcpy(argv, lines[i], sizeof(argv));
        assert_int_equal(options_parse(&options, 2, argv, &first), OPTIONS_FAILED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(values_and_arguments_mix, reset),
        cmocka_unit_test_setup(two_dashes_end_the_options, reset),
        cmocka_unit_test_setup(a_command_keeps_its_own_options, reset),
        cmocka_unit_test_setup(misuse_is_refused, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
