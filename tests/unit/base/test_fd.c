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
#include "scratch.h"

static void files_are_replaced_whole(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(1 << 20);
    const char *path = scratch_path("file");
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
    const char *path = scratch_path("ten");
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
    assert_int_equal(fd_read_file(scratch_path("absent"), &b, &err), -ENOENT);
    assert_non_null(strstr(err.text, "absent: No such file"));
    assert_int_equal(fd_read_file(scratch_dir(), &b, &err), -EISDIR);
    assert_int_equal(fd_write_file(scratch_path("no/such/dir"), span_str(""), 0644, &err), -ENOENT);
}

static void directories_are_made(void **state)
{
    (void)state;
    assert_int_equal(fd_make_dirs(scratch_path("a/b/c"), 0755, NULL), 0);
    assert_int_equal(fd_make_dirs(scratch_path("a/b/c"), 0755, NULL), 0);
    assert_int_equal(access(scratch_path("a/b/c"), X_OK), 0);
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

    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
