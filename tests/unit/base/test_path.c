/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/path.h"

static void two_names_are_joined(void **state)
{
    char path[PATH_SIZE];

    (void)state;
    assert_int_equal(path_join("/a", "b/c", path, NULL), 0);
    assert_string_equal(path, "/a/b/c");
    assert_int_equal(path_join(path, "d", path, NULL), 0);
    assert_string_equal(path, "/a/b/c/d");
    assert_int_equal(path_join("", "x", path, NULL), 0);
    assert_string_equal(path, "/x");
}

/* One byte less fits exactly, NUL included. */
static void the_longest_path_fits(void **state)
{
    char dir[PATH_SIZE], path[PATH_SIZE] = "untouched";
    struct err err = {0};

    (void)state;
    memset(dir, 'a', sizeof(dir));
    dir[PATH_SIZE - 2] = '\0';
    assert_int_equal(path_join(dir, "b", path, &err), -ENAMETOOLONG);
    assert_string_equal(path, "untouched");
    assert_non_null(strstr(err.text, "at most 4095 bytes"));
    dir[PATH_SIZE - 3] = '\0';
    assert_int_equal(path_join(dir, "b", path, NULL), 0);
    assert_int_equal(strlen(path), PATH_SIZE - 1);
}

static void this_test_knows_where_it_is(void **state)
{
    char dir[PATH_SIZE];

    (void)state;
    assert_int_equal(path_of_self(dir, NULL), 0);
    assert_int_equal(dir[0], '/');
    assert_int_not_equal(dir[strlen(dir) - 1], '/');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_names_are_joined),
        cmocka_unit_test(the_longest_path_fits),
        cmocka_unit_test(this_test_knows_where_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
