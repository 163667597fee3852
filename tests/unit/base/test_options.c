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
    {.name = "file", .value = "FILE", .text = &file, .help = "a file"},
    {.name = "json", .flag = &is_json, .help = "as JSON"},
    {.name = "maybe",
     .value = "X",
     .text = &maybe,
     .flag = &has_maybe,
     .help = "optional",
     .is_optional = true},
    {0},
};
static const struct options options = {.command = "test",
                                       .usage = "[OPTIONS] ARG",
                                       .summary = "A test.",
                                       .rows = rows,
                                       .argument = "ARG"};
static const struct options runner = {.command = "test",
                                      .usage = "CMD",
                                      .summary = "A test.",
                                      .rows = rows,
                                      .argument = "CMD",
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
    char *argv[] = {"test", "--file", "f", "-", "--json", "--maybe", NULL};
    int first;

    (void)state;
    assert_int_equal(options_parse(&options, 6, argv, &first), -1);
    assert_int_equal(first, 5);
    assert_string_equal(argv[5], "-");
    assert_string_equal(file, "f");
    assert_true(is_json && has_maybe);
    assert_null(maybe);
}

static void two_dashes_end_the_options(void **state)
{
    char *argv[] = {"test", "--maybe=m", "--", "--json", NULL};
    int first;

    (void)state;
    assert_int_equal(options_parse(&options, 4, argv, &first), -1);
    assert_int_equal(first, 3);
    assert_string_equal(argv[3], "--json");
    assert_string_equal(maybe, "m");
    assert_false(is_json);
}

static void arguments_are_counted(void **state)
{
    static const struct options none = {.command = "test", .rows = rows};
    char *argv[] = {"test", "one", "two", NULL};
    int first;

    (void)state;
    assert_int_equal(options_parse(&none, 1, argv, &first), -1);
    assert_int_equal(first, 1);
    assert_int_equal(options_parse(&none, 2, argv, &first), EXIT_UNDECIDED);
    assert_int_equal(options_parse(&options, 1, argv, &first), EXIT_UNDECIDED);
    assert_int_equal(options_parse(&options, 2, argv, &first), -1);
    assert_int_equal(options_parse(&options, 3, argv, &first), EXIT_UNDECIDED);
    assert_int_equal(options_parse(&runner, 1, argv, &first), EXIT_UNDECIDED);
    assert_int_equal(options_parse(&runner, 3, argv, &first), -1);
    assert_int_equal(first, 1);
}

static void a_command_keeps_its_own_options(void **state)
{
    char *argv[] = {"run", "--json", "cmd", "--file", "--", "x", NULL};
    int first;

    (void)state;
    assert_int_equal(options_parse(&runner, 6, argv, &first), -1);
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
        assert_int_equal(options_parse(&options, 2, argv, &first), EXIT_UNDECIDED);
    }
}

static void help_is_a_success(void **state)
{
    char *argv[] = {"test", "--help", NULL};
    int first;

    (void)state;
    assert_int_equal(options_parse(&options, 2, argv, &first), EXIT_YES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(values_and_arguments_mix, reset),
        cmocka_unit_test_setup(two_dashes_end_the_options, reset),
        cmocka_unit_test_setup(arguments_are_counted, reset),
        cmocka_unit_test_setup(a_command_keeps_its_own_options, reset),
        cmocka_unit_test_setup(misuse_is_refused, reset),
        cmocka_unit_test_setup(help_is_a_success, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
