/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "mutate.h"
#include "scratch.h"
#include "software/secret.h"

enum {
    PROCESSES = 16,
};

static void it_is_made_once(void **state)
{
    struct software_secret first, second, loaded;
    struct stat st;

    (void)state;
    assert_int_equal(software_secret_load(scratch_path("a/b"), &first, NULL), -ENOENT);
    assert_int_equal(software_secret_load_or_create(scratch_path("a/b"), &first, NULL), 0);
    assert_int_equal(software_secret_load_or_create(scratch_path("a/b"), &second, NULL), 0);
    assert_int_equal(software_secret_load(scratch_path("a/b"), &loaded, NULL), 0);
    assert_memory_equal(&first, &second, sizeof(first));
    assert_memory_equal(&first, &loaded, sizeof(first));
    assert_false(span_is_zero(span_of(first.fuse, sizeof(first.fuse))));
    assert_false(span_is_zero(span_of(first.owner_epoch, sizeof(first.owner_epoch))));
    assert_int_equal(stat(scratch_path("a/b/secret"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0400);
    assert_int_equal(st.st_size, SOFTWARE_SECRET_FILE_SIZE);
    assert_int_equal(st.st_nlink, 1);
}

static void two_nodes_differ(void **state)
{
    struct software_secret first, second;

    (void)state;
    assert_int_equal(software_secret_load_or_create(scratch_path("n1"), &first, NULL), 0);
    assert_int_equal(software_secret_load_or_create(scratch_path("n2"), &second, NULL), 0);
    assert_memory_not_equal(first.fuse, second.fuse, sizeof(first.fuse));
    assert_memory_not_equal(first.owner_epoch, second.owner_epoch, sizeof(first.owner_epoch));
}

/* A child waits for the start, makes the secret and tells it through the pipe. */
static void race_child(int start, int result)
{
    struct software_secret secret;
    char byte;

    if (read(start, &byte, 1) != 0 ||
        software_secret_load_or_create(scratch_path("race"), &secret, NULL) != 0 ||
        write(result, &secret, sizeof(secret)) != sizeof(secret))
        _exit(1);
    _exit(0);
}

static void racing_processes_agree(void **state)
{
    struct software_secret first, other;
    int start[2];
    int result[2];
    int status;

    (void)state;
    assert_int_equal(pipe(start), 0);
    assert_int_equal(pipe(result), 0);
    for (int i = 0; i < PROCESSES; i++) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
            close(start[1]);
            race_child(start[0], result[1]);
        }
    }
    close(start[0]);
    close(start[1]);
    for (int i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(read(result[0], &first, sizeof(first)), sizeof(first));
    for (int i = 1; i < PROCESSES; i++) {
        assert_int_equal(read(result[0], &other, sizeof(other)), sizeof(other));
        assert_memory_equal(&first, &other, sizeof(first));
    }
    close(result[0]);
    close(result[1]);
}

static void a_damaged_file_is_refused_and_kept(void **state)
{
    struct software_secret secret;
    struct err err = {0};
    struct stat st;

    (void)state;
    assert_int_equal(fd_make_dirs(scratch_path("bad"), 0755, NULL), 0);
    assert_int_equal(fd_write_file(scratch_path("bad/secret"), span_str("short"), 0400, NULL), 0);
    assert_int_equal(software_secret_load_or_create(scratch_path("bad"), &secret, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "bad/secret: not a node secret"));
    assert_int_equal(stat(scratch_path("bad/secret"), &st), 0);
    assert_int_equal(st.st_size, 5);
}

static int parse(struct span file, void *context)
{
    return software_secret_parse(file, context, NULL);
}

static void every_byte_matters(void **state)
{
    struct software_secret secret;
    CLEANUP(buf_done) struct buf file = buf_init(SOFTWARE_SECRET_FILE_SIZE + 1);

    (void)state;
    assert_int_equal(software_secret_load_or_create(scratch_path("m"), &secret, NULL), 0);
    assert_int_equal(fd_read_file(scratch_path("m/secret"), &file, NULL), 0);
    assert_int_equal(software_secret_parse(buf_span(&file), &secret, NULL), 0);
    assert_int_equal(mutate_prefixes(buf_span(&file), parse, &secret), 0);
    assert_int_equal(mutate_bits(buf_span(&file), 0, SOFTWARE_SECRET_FILE_SIZE, parse, &secret), 0);
    buf_put_u8(&file, 0);
    assert_int_equal(software_secret_parse(buf_span(&file), &secret, NULL), -EBADMSG);
}

static void failures_are_told(void **state)
{
    struct software_secret secret;
    struct err err = {0};

    (void)state;
    assert_int_equal(fd_write_file(scratch_path("file"), span_str("x"), 0644, NULL), 0);
    assert_int_equal(software_secret_load_or_create(scratch_path("file/dir"), &secret, &err),
                     -ENOTDIR);
    assert_int_equal(software_secret_load_or_create("/proc/none", &secret, &err), -ENOENT);
    assert_non_null(strstr(err.text, "make the node secret: make directory /proc/none"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_made_once),
        cmocka_unit_test(two_nodes_differ),
        cmocka_unit_test(racing_processes_agree),
        cmocka_unit_test(a_damaged_file_is_refused_and_kept),
        cmocka_unit_test(every_byte_matters),
        cmocka_unit_test(failures_are_told),
    };

    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
