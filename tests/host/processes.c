/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum {
    ROUNDS = 20000, /* signals that a thread sends itself */
};

static volatile sig_atomic_t handled;

static void on_signal(int signo)
{
    handled = signo;
}

static void a_child_has_the_handler(void)
{
    int status;
    pid_t pid;

    signal(SIGUSR1, on_signal);
    pid = fork();
    if (pid == 0) {
        raise(SIGUSR1);
        _exit(handled == SIGUSR1 ? 0 : 1);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(handled == 0);
}

/* The child of a vfork runs in the memory of its parent, but has its own signal dispositions. */
static void a_vfork_child_changes_its_own_signals(void)
{
    struct sigaction action;
    int status;
    pid_t pid;

    signal(SIGUSR1, on_signal);
    pid = vfork();
    if (pid == 0) {
        signal(SIGUSR1, SIG_IGN);
        signal(SIGUSR2, on_signal);
        _exit(kill(getpid(), SIGUSR1) || sigaction(SIGUSR2, NULL, &action) ||
              action.sa_handler != on_signal);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(sigaction(SIGUSR2, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == on_signal);
    CHECK(raise(SIGUSR1) == 0 && handled == SIGUSR1);
}

/* The handler of a vfork child runs while the parent waits, and so does one that the parent has
 * set. */
static void a_vfork_child_handles_signals(void)
{
    int status;
    pid_t pid;

    signal(SIGUSR1, on_signal);
    pid = vfork();
    if (pid == 0) {
        signal(SIGUSR2, on_signal);
        handled = 0;
        kill(getpid(), SIGUSR1);
        if (handled != SIGUSR1)
            _exit(1);
        kill(getpid(), SIGUSR2);
        _exit(handled == SIGUSR2 ? 0 : 2);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(raise(SIGUSR1) == 0 && handled == SIGUSR1);
}

/* The child of a fork is independent of its parent. */
static void a_child_of_a_vfork_in_a_child(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        pid = vfork();
        if (pid == 0) {
            signal(SIGUSR1, SIG_IGN);
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        signal(SIGUSR1, on_signal);
        signal(SIGSEGV, on_signal);
        CHECK(raise(SIGUSR1) == 0 && handled == SIGUSR1);
        CHECK(raise(SIGSEGV) == 0 && handled == SIGSEGV);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

static pid_t first;
static volatile int of_first, of_second;

static void on_count_each(int signo)
{
    (void)signo;
    if (syscall(SYS_getpid) == first)
        of_first++;
    else
        of_second++;
}

static int raise_in_second(void *p)
{
    (void)p;
    for (int i = 0; i < ROUNDS; i++)
        (void)syscall(SYS_kill, syscall(SYS_getpid), SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
    return of_second == ROUNDS ? 0 : 1;
}

/* Two processes run in one memory at the same time. */
static void a_process_in_the_same_memory(void)
{
    static char stack[1 << 16] __attribute__((aligned(16)));
    int status;
    pid_t pid;

    first = getpid();
    signal(SIGUSR1, on_count_each);
    pid = clone(raise_in_second, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
    CHECK(pid > 0);
    for (int i = 0; i < ROUNDS; i++)
        (void)kill(first, SIGUSR1);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(of_first == ROUNDS);
    CHECK(raise(SIGUSR1) == 0 && of_first == ROUNDS + 1);
}

int main(int argc, char **argv)
{
    static const struct host_test tests[] = {
        HOST_TEST(a_child_has_the_handler),       HOST_TEST(a_vfork_child_changes_its_own_signals),
        HOST_TEST(a_vfork_child_handles_signals), HOST_TEST(a_child_of_a_vfork_in_a_child),
        HOST_TEST(a_process_in_the_same_memory),
    };

    return host_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
