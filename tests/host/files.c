#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum {
    BLOCKED_MS = 100, /* until a thread surely waits */
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

/* -- ranges of descriptors -- */

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static long range(unsigned first, unsigned last, int flags)
{
    return syscall(SYS_close_range, first, last, flags);
}

static void ranges_that_fail_close_nothing(void)
{
    int fd = open("/dev/sgx_enclave", O_RDWR), other = open("/dev/null", O_RDWR);

    CHECK(other >= 0);
    CHECK(range((unsigned)other, (unsigned)other - 1, 0) == -1 && errno == EINVAL);
    CHECK(range(3, ~0U, 0x100) == -1 && errno == EINVAL);
    CHECK(is_open(other));
    CHECK(fd < 0 || (is_open(fd) && ioctl(fd, 0x4008a400, NULL) == -1 && errno == EFAULT));
    CHECK(range(3, ~0U, 0) == 0);
    CHECK(!is_open(other) && (fd < 0 || !is_open(fd)));
}

static void check_files(void)
{
    int fds[16];

    for (int i = 0; i < 16; i++) {
        fds[i] = open("/dev/null", O_RDWR);
        CHECK(fds[i] >= 0 && write(fds[i], "", 1) == 1);
    }
    for (int i = 0; i < 16; i++)
        CHECK(close(fds[i]) == 0 && !is_open(fds[i]));
}

static void few_descriptors(void)
{
    const struct rlimit few = {.rlim_cur = 256, .rlim_max = 256};

    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    (void)open("/dev/sgx_enclave", O_RDWR);
}

static void closefrom_closes_what_is_the_programs(void)
{
#ifdef __GLIBC__
    int fd;

    few_descriptors();
    fd = open("/dev/null", O_RDONLY);
    closefrom(3);
    CHECK(!is_open(fd));
    check_files();
#else
    _exit(HOST_SKIPPED);
#endif
}

/* As a library does that brings its own system calls. */
static long close_unseen(long fd)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_close), "D"(fd) : "rcx", "r11", "memory");
    return result;
}

static void descriptors_closed_unseen_are_free(void)
{
    few_descriptors();
    for (int fd = 3; fd < 256; fd++)
        (void)close_unseen(fd);
    check_files();
}

/* -- children that work in the memory of their parent -- */

static bool is_enclave(int fd)
{
    return ioctl(fd, 0x4008a400, NULL) == -1 && errno == EFAULT; /* not ENOTTY */
}

static void check_borrower(void (*does)(int fd, int other))
{
    int fd = open("/dev/sgx_enclave", O_RDWR), other = open("/dev/null", O_RDWR), status;
    pid_t child;

    CHECK(fd >= 0 || !getenv("LD_PRELOAD"));
    if (fd < 0)
        return; /* a machine without the device */
    child = vfork();
    if (child == 0) {
        does(fd, other);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(is_enclave(fd) && !is_enclave(other));
    CHECK(close(other) == 0 && close(fd) == 0);
}

static void close_both(int fd, int other)
{
    (void)close(fd);
    (void)close(other);
}

static void replace_it(int fd, int other)
{
    (void)dup2(other, fd);
}

static void replace_other(int fd, int other)
{
    (void)dup3(fd, other, O_CLOEXEC);
    (void)fcntl(fd, F_DUPFD, dup(fd));
}

static void close_all(int fd, int other)
{
    (void)fd;
    (void)other;
    (void)range(3, ~0U, 0);
    for (int i = 3; i < 2000; i++)
        (void)close(i);
}

static void a_vfork_child_has_its_own_descriptors(void)
{
    check_borrower(close_both);
    check_borrower(replace_it);
    check_borrower(replace_other);
    check_borrower(close_all);
}

/* -- what the C library makes of a system call -- */

/* musl-gcc has no headers of the kernel. */
struct filter_step {
    uint16_t code;
    uint8_t if_true, if_false;
    uint32_t value;
};

/* A seccomp filter, as of a container's runtime that does not know the call. */
static void refuse_faccessat2(void)
{
    struct filter_step steps[] = {
        {.code = 0x20  }, /* load the call's number */
        {                             .code = 0x15, .if_false = 1, .value = 439},
        {                 .code = 0x06,   .value = 0x00050000 | ENOSYS}, /* SECCOMP_RET_ERRNO */
        {.code = 0x06,   .value = 0x7fff0000},
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

/* The kernel's answer for a group below 4096 looks like an error. */
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
        HOST_TEST(a_missing_file_says_so),
        HOST_TEST(an_open_that_waits_is_cancelled),
        HOST_TEST(a_lock_that_waits_is_cancelled),
        HOST_TEST(a_close_is_cancelled),
        HOST_TEST(ranges_that_fail_close_nothing),
        HOST_TEST(closefrom_closes_what_is_the_programs),
        HOST_TEST(descriptors_closed_unseen_are_free),
        HOST_TEST(a_vfork_child_has_its_own_descriptors),
        HOST_TEST(access_flags_are_not_dropped),
        HOST_TEST(owners_may_be_groups),
    };

    return host_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
