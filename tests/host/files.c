/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum {
    BLOCKED_MS = 100, /* after this time a thread is taken to wait */
};

static void wait_ms(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    (void)nanosleep(&t, NULL);
}

static void a_missing_file_says_so(void)
{
    CHECK(open("/nonexistent", O_RDONLY) == -1 && errno == ENOENT);
}

/* -- cancellation -- */

static char directory[] = "/tmp/coffer-host-XXXXXX";

static void directory_leave(void)
{
    CHECK(unlink("file") == 0 && chdir("/") == 0 && rmdir(directory) == 0);
}

static void directory_enter(void)
{
    CHECK(mkdtemp(directory) && chdir(directory) == 0);
}

static void check_cancelled(void *(*blocks)(void *))
{
    struct timespec end;
    pthread_t thread;
    void *result;

    CHECK(pthread_create(&thread, NULL, blocks, NULL) == 0);
    wait_ms(BLOCKED_MS);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(clock_gettime(CLOCK_REALTIME, &end) == 0);
    end.tv_sec += 10;
    CHECK(pthread_timedjoin_np(thread, &result, &end) == 0);
    CHECK(result == PTHREAD_CANCELED);
}

static void *open_file(void *unused)
{
    (void)open("file", O_RDONLY);
    return unused;
}

static void *openat_file(void *unused)
{
    (void)openat(AT_FDCWD, "file", O_WRONLY);
    return unused;
}

static void an_open_that_waits_is_cancelled(void)
{
    directory_enter();
    CHECK(mkfifo("file", 0600) == 0);
    check_cancelled(open_file);
    check_cancelled(openat_file);
    directory_leave();
}

static void *lock_file(void *unused)
{
    struct flock lock = {.l_type = F_WRLCK};
    int fd = open("file", O_RDWR);

    CHECK(fd >= 0);
    (void)fcntl(fd, F_SETLKW, &lock);
    return unused;
}

static void a_lock_that_waits_is_cancelled(void)
{
    pid_t child;

    directory_enter();
    CHECK(close(open("file", O_RDWR | O_CREAT, 0600)) == 0);
    child = fork();
    if (child == 0) {
        lock_file(NULL);
        pause();
    }
    wait_ms(BLOCKED_MS);
    check_cancelled(lock_file);
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
    directory_leave();
}

static void *close_file(void *fd)
{
    CHECK(pthread_cancel(pthread_self()) == 0);
    (void)close(*(int *)fd);
    return NULL;
}

static void a_close_is_cancelled(void)
{
    int fd = open("/dev/null", O_RDONLY);
    pthread_t thread;
    void *result;

    CHECK(pthread_create(&thread, NULL, close_file, &fd) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == PTHREAD_CANCELED);
}

/* -- additions of the C library to a system call -- */

/* musl-gcc does not find the headers of the kernel. */
struct filter_step {
    uint16_t code;
    uint8_t if_true, if_false;
    uint32_t value;
};

/* A seccomp filter like that of a container runtime that does not know the call. */
static void refuse_faccessat2(void)
{
    struct filter_step steps[] = {
        {.code = 0x20}, /* load the call's number */
        {.code = 0x15, .if_false = 1, .value = 439},
        {.code = 0x06, .value = 0x00050000 | ENOSYS}, /* SECCOMP_RET_ERRNO */
        {.code = 0x06, .value = 0x7fff0000},
    };
    struct {
        unsigned short count;
        struct filter_step *steps;
    } program = {.count = 4, .steps = steps};

    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, &program) == 0);
}

static void access_flags_are_not_dropped(void)
{
    CHECK(faccessat(AT_FDCWD, "/dev/null", R_OK, 0x8000000) == -1 && errno == EINVAL);
    CHECK(faccessat(AT_FDCWD, "/dev/null", R_OK, AT_EACCESS) == 0);
    refuse_faccessat2();
    CHECK(faccessat(AT_FDCWD, "/dev/null", R_OK, 0x8000000) == -1 && errno == EINVAL);
    CHECK(faccessat(AT_FDCWD, "/dev/null", R_OK, AT_EACCESS) == 0);
    CHECK(faccessat(AT_FDCWD, "/dev/null", R_OK, 0) == 0);
}

/* The kernel returns a process group as a negative number, which looks like an error below 4096. */
static pid_t small_group(void)
{
    for (pid_t group = 2; group < 4096; group++)
        if (kill(-group, 0) == 0 || errno == EPERM)
            return group;
    return getpgrp();
}

static void owners_may_be_groups(void)
{
    pid_t group = small_group();
    int ends[2];

    CHECK(pipe(ends) == 0);
    CHECK(fcntl(ends[0], F_SETOWN, -group) == 0);
    CHECK(fcntl(ends[0], F_GETOWN) == -group);
}

int main(int argc, char **argv)
{
    static const struct host_test tests[] = {
        HOST_TEST(a_missing_file_says_so),         HOST_TEST(an_open_that_waits_is_cancelled),
        HOST_TEST(a_lock_that_waits_is_cancelled), HOST_TEST(a_close_is_cancelled),
        HOST_TEST(access_flags_are_not_dropped),   HOST_TEST(owners_may_be_groups),
    };

    return host_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
