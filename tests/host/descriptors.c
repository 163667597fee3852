/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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
    dprintf(STDERR_FILENO, "not of this C library\n");
    _exit(HOST_SKIPPED);
#endif
}

/* Like a library with system calls of its own. */
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

/* -- children that run in the memory of their parent -- */

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

int main(int argc, char **argv)
{
    static const struct host_test tests[] = {
        HOST_TEST(ranges_that_fail_close_nothing),
        HOST_TEST(closefrom_closes_what_is_the_programs),
        HOST_TEST(descriptors_closed_unseen_are_free),
        HOST_TEST(a_vfork_child_has_its_own_descriptors),
    };

    return host_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
