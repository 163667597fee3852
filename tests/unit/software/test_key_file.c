/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "software/key_file.h"

static char dir[64], path[80];

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/coffer-key-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof(path), "%s/key", dir);
    return 0;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

static int read_status(struct err *err)
{
    CLEANUP(key_file_wipe) struct buf b = buf_init(16);

    return key_file_read(path, &b, err);
}

static void read_is(const char *expected)
{
    CLEANUP(key_file_wipe) struct buf b = buf_init(16);

    assert_int_equal(key_file_read(path, &b, NULL), 0);
    assert_true(span_equal_str(buf_span(&b), expected));
}

static unsigned files_count(void)
{
    DIR *d = opendir(dir);
    const struct dirent *file;
    unsigned count = 0;

    while ((file = readdir(d)))
        count += strcmp(file->d_name, ".") != 0 && strcmp(file->d_name, "..") != 0;
    closedir(d);
    return count;
}

static void a_file_is_created_once_and_replaced_whole(void **state)
{
    mode_t before = umask(0777);
    struct stat st;

    (void)state;
    assert_int_equal(read_status(NULL), -ENOENT);
    assert_int_equal(key_file_create(path, span_str("one"), 0400, NULL), 0);
    assert_int_equal(key_file_create(path, span_str("two"), 0400, NULL), 0);
    read_is("one");
    assert_int_equal(key_file_replace(path, span_str("three"), 0600, NULL), 0);
    umask(before);
    read_is("three");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(files_count(), 1);
}

static void others_must_not_read_or_write(void **state)
{
    static const struct {
        mode_t file, directory;
        int status;
    } rows[] = {
        {0400, 0700, 0},      {0600, 0755, 0},      {0440, 0755, 0},      {0604, 0700, -EPERM},
        {0402, 0700, -EPERM}, {0401, 0700, -EPERM}, {0620, 0700, -EPERM}, {0400, 0770, -EPERM},
        {0400, 0707, -EPERM}, {0400, 01777, 0},
    };

    (void)state;
    assert_int_equal(key_file_create(path, span_str("one"), 0400, NULL), 0);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct err err = {0};

        assert_int_equal(chmod(path, rows[i].file) | chmod(dir, rows[i].directory), 0);
        assert_int_equal(read_status(&err), rows[i].status);
        assert_true(rows[i].status == 0 || strstr(err.text, "chmod"));
    }
    chmod(dir, 0700);
}

static void another_users_directory_is_refused(void **state)
{
    struct err err = {0};

    (void)state;
    if (geteuid() != 0 || chown(dir, 12345, (gid_t)-1) < 0)
        skip();
    assert_int_equal(key_file_create(path, span_str("one"), 0400, &err), -EPERM);
    assert_non_null(strstr(err.text, "12345"));
    assert_int_equal(key_file_check_dir(dir, NULL), -EPERM);
    assert_int_equal(chown(dir, 0, (gid_t)-1), 0);
    assert_int_equal(key_file_create(path, span_str("one"), 0400, NULL), 0);
    assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
    assert_int_equal(read_status(NULL), -EPERM);
}

static void a_link_to_a_secret_is_followed(void **state)
{
    char target[80];

    (void)state;
    snprintf(target, sizeof(target), "%s/..data", dir);
    assert_int_equal(key_file_create(target, span_str("one"), 0440, NULL), 0);
    assert_int_equal(symlink("..data", path), 0);
    read_is("one");
}

static void a_larger_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(key_file_create(path, span_str("0123456789abcdef"), 0400, NULL), 0);
    read_is("0123456789abcdef");
    assert_int_equal(key_file_replace(path, span_str("0123456789abcdefg"), 0400, NULL), 0);
    assert_int_equal(read_status(NULL), -EMSGSIZE);
}

/* A writer that was killed, and one that lives: only the second has its temporary locked. */
static void temporaries_of_the_dead_are_removed(void **state)
{
    char dead[96], alive[96], other[96];
    CLEANUP(fd_closep) int fd = -1;

    (void)state;
    snprintf(dead, sizeof(dead), "%s/.key.abcdef.new", dir);
    snprintf(alive, sizeof(alive), "%s/.key.ghijkl.new", dir);
    snprintf(other, sizeof(other), "%s/.key.backup", dir);
    assert_int_equal(fd_write_file(dead, span_str("x"), 0600, NULL), 0);
    assert_int_equal(fd_write_file(alive, span_str("x"), 0600, NULL), 0);
    assert_int_equal(fd_write_file(other, span_str("x"), 0600, NULL), 0);
    fd = open(alive, O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    key_file_clean(path);
    assert_int_equal(access(dead, F_OK), -1);
    assert_int_equal(access(alive, F_OK) | access(other, F_OK), 0);
}

static void writers_and_cleaners_at_once_lose_nothing(void **state)
{
    enum { WRITERS = 4, ROUNDS = 50 };
    pid_t pids[WRITERS];
    int status;

    (void)state;
    for (size_t i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] > 0)
            continue;
        for (int round = 0; round < ROUNDS; round++) {
            key_file_clean(path);
            if (key_file_replace(path, span_str("same"), 0400, NULL) < 0)
                _exit(1);
        }
        _exit(0);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    read_is("same");
    assert_int_equal(files_count(), 1);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(a_file_is_created_once_and_replaced_whole),
        IN_DIR(others_must_not_read_or_write),
        IN_DIR(another_users_directory_is_refused),
        IN_DIR(a_link_to_a_secret_is_followed),
        IN_DIR(a_larger_file_is_refused),
        IN_DIR(temporaries_of_the_dead_are_removed),
        IN_DIR(writers_and_cleaners_at_once_lose_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
