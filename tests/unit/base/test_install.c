/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/install.h"
#include "scratch.h"

#define NAME "libcoffer-planted.so" /* that no installed Coffer has */

/* Makes @place below the root and, unless @name is NULL, a file in it. */
static const char *make(const char *place, const char *name)
{
    static char paths[4][PATH_SIZE];
    static unsigned next;
    char *dir = paths[next++ % 4], *file = paths[next++ % 4];

    assert_int_equal(path_join(scratch_dir(), place, dir, NULL), 0);
    assert_int_equal(fd_make_dirs(dir, 0700, NULL), 0);
    if (!name)
        return dir;
    assert_int_equal(path_join(dir, name, file, NULL), 0);
    assert_int_equal(fd_write_file(file, span_str("x"), 0600, NULL), 0);
    return file;
}

static void expect(const char *self_dir, const char *path)
{
    char found[PATH_SIZE] = "untouched";
    struct err err = {0};

    if (path) {
        assert_int_equal(install_find_from(self_dir, NAME, found, &err), 0);
        assert_string_equal(found, path);
        return;
    }
    assert_int_equal(install_find_from(self_dir, NAME, found, &err), -ENOENT);
    assert_string_equal(found, "untouched");
    assert_non_null(strstr(err.text, NAME " is not installed"));
    assert_non_null(strstr(err.text, self_dir));
}

static void an_image_has_all_in_one_directory(void **state)
{
    const char *file = make("opt", NAME);

    (void)state;
    expect(make("opt", NULL), file);
}

static void a_build_tree_has_enclaves_among_the_examples(void **state)
{
    const char *file = make("build/examples/report", NAME);

    (void)state;
    expect(make("build", NULL), file);
}

static void commands_and_services_find_the_library_directory(void **state)
{
    const char *bin = make("usr/" COFFER_BINDIR, NULL);
    const char *file = make("usr/" COFFER_LIBDIR, NAME);

    (void)state;
    expect(bin, file);
    expect(make("usr/" COFFER_LIBEXECDIR, NULL), file);
}

static void a_command_finds_its_helpers(void **state)
{
    const char *file = make("usr/" COFFER_LIBEXECDIR, NAME);

    (void)state;
    expect(make("usr/" COFFER_BINDIR, NULL), file);
}

static void a_directory_of_that_name_is_no_file(void **state)
{
    const char *bin = make("opt", NULL);

    (void)state;
    make("opt/" NAME, NULL);
    expect(bin, NULL);
}

static void a_neighbour_of_no_installation_is_not_taken(void **state)
{
    const char *dir = make("home/bin-of-mine", NULL);

    (void)state;
    make("home/" COFFER_LIBDIR, NAME);
    expect(dir, NULL);
}

static void names_that_are_too_long_are_refused(void **state)
{
    char dir[PATH_SIZE + 1], found[PATH_SIZE] = "untouched";

    (void)state;
    memset(dir, 'a', PATH_SIZE);
    dir[PATH_SIZE] = '\0';
    assert_int_equal(install_find_from(dir, NAME, found, NULL), -ENAMETOOLONG);
    dir[PATH_SIZE - 1] = '\0';
    assert_int_equal(install_find_from(dir, NAME, found, NULL), -ENOENT);
    assert_string_equal(found, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_image_has_all_in_one_directory, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_build_tree_has_enclaves_among_the_examples, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(commands_and_services_find_the_library_directory,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_command_finds_its_helpers, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_directory_of_that_name_is_no_file, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(a_neighbour_of_no_installation_is_not_taken, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test(names_that_are_too_long_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
