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
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "service/confine.h"
#include "service/rights.h"

static char top[64], inside[80], outside[80];

static int setup(void **state)
{
    (void)state;
    strcpy(top, "/tmp/coffer-confine-XXXXXX");
    if (!mkdtemp(top))
        return -1;
    snprintf(inside, sizeof(inside), "%s/inside", top);
    snprintf(outside, sizeof(outside), "%s/outside", top);
    return mkdir(inside, 0700) | mkdir(outside, 0700);
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", top);
    return system(command);
}

/* In a process of its own, since nothing of it can be undone. Return: its exit status. */
static int status_of(int (*body)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(body());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int file_write_status(const char *dir)
{
    char path[96];

    snprintf(path, sizeof(path), "%s/file", dir);
    return fd_write_file(path, span_str("x"), 0600, NULL);
}

static int write_files(void)
{
    const char *const dirs[] = {inside, NULL};
    bool is_in_use;

    if (service_rights_drop(0, NULL) < 0 || service_confine_files(dirs, &is_in_use, NULL) < 0)
        return 1;
    if (file_write_status(inside) < 0 || file_write_status(inside) < 0)
        return 2; /* made, and replaced */
    if (open("/proc/self/status", O_RDONLY) < 0)
        return 3;
    if (!is_in_use)
        return 0;
    if (file_write_status(outside) != -EACCES)
        return 4;
    execl("/bin/true", "true", (char *)NULL);
    return errno == EACCES ? 0 : 5;
}

static int call(void)
{
    bool is_in_use;
    pid_t child;

    if (service_rights_drop(0, NULL) < 0 || service_confine_calls(&is_in_use, NULL) < 0)
        return 1;
    if (!is_in_use)
        return 0;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 || errno != EPERM)
        return 2;
    if (umount("/nowhere") == 0 || errno != EPERM)
        return 3;
    child = fork(); /* threads and processes of its own may go on */
    if (child == 0)
        _exit(0);
    if (child < 0 || waitpid(child, NULL, 0) != child)
        return 4;
    execl("/bin/true", "true", (char *)NULL);
    return errno == EPERM ? 0 : 5;
}

static int missing(void)
{
    const char *const dirs[] = {"/nonexistent", NULL};
    struct err err = {0};
    bool is_in_use;
    int r;

    if (service_rights_drop(0, NULL) < 0)
        return 1;
    r = service_confine_files(dirs, &is_in_use, &err);
    return r == 0 || (r == -ENOENT && strstr(err.text, "/nonexistent")) ? 0 : 2;
}

static void files_are_written_below_the_directories_only(void **state)
{
    (void)state;
    assert_int_equal(status_of(write_files), 0);
}

static void calls_that_no_service_makes_fail(void **state)
{
    (void)state;
    assert_int_equal(status_of(call), 0);
}

static void a_directory_that_is_missing_is_named(void **state)
{
    (void)state;
    assert_int_equal(status_of(missing), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_written_below_the_directories_only),
        cmocka_unit_test(calls_that_no_service_makes_fail),
        cmocka_unit_test(a_directory_that_is_missing_is_named),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
