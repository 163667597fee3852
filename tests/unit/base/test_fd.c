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
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

static char directory[64];

static int setup(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/coffer-test-fd-XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", directory);
    return system(command);
}

static const char *in_directory(const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static void files_are_replaced_whole(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(1 << 20);
    const char *path = in_directory("file");
    struct stat st;

    (void)state;
    assert_int_equal(fd_write_file(path, span_str("old"), 0644, NULL), 0);
    assert_int_equal(fd_write_file(path, span_str("new content"), 0600, NULL), 0);
    assert_int_equal(fd_read_file(path, &b, NULL), 0);
    assert_string_equal(buf_cstr(&b), "new content");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void large_files_are_refused(void **state)
{
    CLEANUP(buf_done) struct buf exact = buf_init(10);
    CLEANUP(buf_done) struct buf small = buf_init(9);
    const char *path = in_directory("ten");
    struct err err = {0};

    (void)state;
    assert_int_equal(fd_write_file(path, span_str("0123456789"), 0644, NULL), 0);
    assert_int_equal(fd_read_file(path, &exact, NULL), 0);
    assert_int_equal(exact.len, 10);
    assert_int_equal(fd_read_file(path, &small, &err), -EMSGSIZE);
    assert_non_null(strstr(err.text, "larger than 9 bytes"));
}

static void failures_are_named(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(10);
    struct err err = {0};

    (void)state;
    assert_int_equal(fd_read_file(in_directory("absent"), &b, &err), -ENOENT);
    assert_non_null(strstr(err.text, "absent: No such file"));
    assert_int_equal(fd_read_file(directory, &b, &err), -EISDIR);
    assert_int_equal(fd_write_file(in_directory("no/such/dir"), span_str(""), 0644, &err), -ENOENT);
}

static void directories_are_made(void **state)
{
    (void)state;
    assert_int_equal(fd_make_dirs(in_directory("a/b/c"), 0755, NULL), 0);
    assert_int_equal(fd_make_dirs(in_directory("a/b/c"), 0755, NULL), 0);
    assert_int_equal(access(in_directory("a/b/c"), X_OK), 0);
    assert_int_equal(fd_make_dirs("", 0755, NULL), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_replaced_whole),
        cmocka_unit_test(large_files_are_refused),
        cmocka_unit_test(failures_are_named),
        cmocka_unit_test(directories_are_made),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
