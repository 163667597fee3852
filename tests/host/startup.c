/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a program at its start, also under small limits. */
#include "host.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>

enum {
    ADDRESS_SPACE = 200 << 20, /* bytes */
    LOCKED_MAX = 64 << 20,
    PAGE = 4096,
};

static const char *program;
static volatile sig_atomic_t handled;

static void on_signal(int signo)
{
    handled = signo;
}

static void on_fault(int signo)
{
    _exit(signo == SIGSEGV ? 0 : 2);
}

static void entries_of_the_auxiliary_vector(void)
{
    errno = 0;
    CHECK(getauxval(AT_PAGESZ) == PAGE && errno == 0);
    CHECK(getauxval(AT_SECURE) == 0 && errno == 0);
    CHECK(getauxval(AT_EUID) == geteuid() && errno == 0);
    CHECK(getauxval(12345) == 0 && errno == ENOENT);
}

/* The second part of a test, in the program that was started under its conditions. */
static void handlers_work(void)
{
    CHECK(getauxval(AT_PAGESZ) == PAGE);
    signal(SIGUSR1, on_signal);
    CHECK(raise(SIGUSR1) == 0 && handled == SIGUSR1);
    signal(SIGSEGV, on_fault);
    (void)raise(SIGSEGV);
    _exit(1);
}

static void start_again(const char *name)
{
    execl(program, program, name, NULL);
    CHECK(errno == 0); /* the program could not be started */
}

static void address_space_is_small(void)
{
    struct rlimit limit = {.rlim_cur = ADDRESS_SPACE, .rlim_max = ADDRESS_SPACE};

    if (getenv("HOST_STARTED"))
        handlers_work();
    CHECK(setenv("HOST_STARTED", "1", 1) == 0);
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    start_again("address_space_is_small");
}

static void proc_is_absent(void)
{
    if (getenv("HOST_STARTED"))
        handlers_work();
    CHECK(setenv("HOST_STARTED", "1", 1) == 0);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || mount("none", "/proc", "tmpfs", 0, NULL) < 0) {
        perror("a namespace without /proc");
        _exit(HOST_SKIPPED);
    }
    start_again("proc_is_absent");
}

static long resident(void)
{
    long size, pages;
    FILE *f = fopen("/proc/self/statm", "r");

    CHECK(f && fscanf(f, "%ld %ld", &size, &pages) == 2);
    (void)fclose(f);
    return pages * PAGE;
}

static void locked_memory_is_what_the_program_has(void)
{
    signal(SIGUSR1, on_signal);
    if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0) {
        perror("mlockall");
        _exit(HOST_SKIPPED);
    }
    CHECK(resident() < LOCKED_MAX);
    CHECK(raise(SIGUSR1) == 0 && handled == SIGUSR1);
}

int main(int argc, char **argv)
{
    static const struct host_test tests[] = {
        HOST_TEST(entries_of_the_auxiliary_vector),
        HOST_TEST(address_space_is_small),
        HOST_TEST(proc_is_absent),
        HOST_TEST(locked_memory_is_what_the_program_has),
    };

    program = argv[0];
    return host_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
