/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that a C library reserves, and the state that it keeps for the others. */
#include "host.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* siginterrupt() */

enum {
    RESERVED_FIRST = 32, /* up to SIGRTMIN */
};

static volatile sig_atomic_t handled;

static void on_signal(int signo)
{
    handled = signo;
}

static void reserved_signals_have_no_handler(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    for (int signo = RESERVED_FIRST; signo < SIGRTMIN; signo++) {
        errno = 0;
        CHECK(sigaction(signo, &action, NULL) == -1 && errno == EINVAL);
        errno = 0;
        CHECK(sigaction(signo, NULL, &action) == -1 && errno == EINVAL);
        errno = 0;
        CHECK(signal(signo, on_signal) == SIG_ERR && errno == EINVAL);
        errno = 0;
        CHECK(siginterrupt(signo, 1) == -1 && errno == EINVAL);
    }
    CHECK(signal(SIGRTMIN, on_signal) == SIG_DFL);
    CHECK(raise(SIGRTMIN) == 0 && handled == SIGRTMIN);
}

static bool sees_reserved(const sigset_t *set)
{
    unsigned long word;

    memcpy(&word, set, sizeof(word));
    for (int signo = RESERVED_FIRST; signo < SIGRTMIN; signo++)
        if (word >> (signo - 1) & 1)
            return true;
    return false;
}

static void reserved_signals_are_not_seen_blocked(void)
{
    sigset_t all, old;

    memset(&all, 0xff, sizeof(all));
    CHECK(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &old) == 0 && !sees_reserved(&old));
    CHECK(sigismember(&old, SIGUSR1) && sigismember(&old, SIGSEGV));
    CHECK(sigprocmask(SIG_SETMASK, &all, NULL) == 0);
    CHECK(sigprocmask(SIG_SETMASK, &all, &old) == 0 && !sees_reserved(&old));
}

static volatile bool is_blocked;

static void *block_all(void *p)
{
    sigset_t all;

    memset(&all, 0xff, sizeof(all));
    CHECK(pthread_sigmask(SIG_SETMASK, &all, NULL) == 0);
    is_blocked = true;
    while (is_blocked)
        usleep(1000);
    return p;
}

/* All threads have to answer. musl lets such a mask block its reserved signals. */
static void setgid_with_a_thread_that_blocks_all(void)
{
    pthread_t thread;

#ifndef __GLIBC__
    dprintf(STDERR_FILENO, "not of this C library\n");
    _exit(HOST_SKIPPED);
#endif
    CHECK(pthread_create(&thread, NULL, block_all, NULL) == 0);
    while (!is_blocked)
        usleep(1000);
    CHECK(setgid(getgid()) == 0);
    is_blocked = false;
    CHECK(pthread_join(thread, NULL) == 0);
}

static bool restarts(int signo)
{
    struct sigaction action;

    CHECK(sigaction(signo, NULL, &action) == 0);
    return action.sa_flags & SA_RESTART;
}

/* In glibc, the setting of siginterrupt() stays when the handler is replaced. */
static void siginterrupt_and_then_signal(void)
{
    signal(SIGUSR1, on_signal);
    CHECK(restarts(SIGUSR1));
    CHECK(siginterrupt(SIGUSR1, 1) == 0 && !restarts(SIGUSR1));
    signal(SIGUSR1, on_signal);
#ifdef __GLIBC__
    CHECK(!restarts(SIGUSR1));
#else
    CHECK(restarts(SIGUSR1));
#endif
    CHECK(siginterrupt(SIGUSR1, 0) == 0 && restarts(SIGUSR1));
    signal(SIGUSR1, on_signal);
    CHECK(restarts(SIGUSR1));
}

static void a_reset_handler_leaves_mask_and_flags(void)
{
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = (int)SA_RESETHAND | SA_RESTART | SA_ONSTACK};

    for (int i = 0; i < 2; i++) {
        int signo = i ? SIGSEGV : SIGUSR1;

        sigaddset(&action.sa_mask, SIGUSR2);
        action.sa_handler = on_signal;
        CHECK(sigaction(signo, &action, NULL) == 0);
        CHECK(raise(signo) == 0 && handled == signo);
        CHECK(sigaction(signo, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
        CHECK(sigismember(&action.sa_mask, SIGUSR2));
        CHECK((action.sa_flags & SA_RESTART) && (action.sa_flags & SA_ONSTACK));
        CHECK((unsigned)action.sa_flags & (unsigned)SA_RESETHAND);
    }
}

int main(int argc, char **argv)
{
    static const struct host_test tests[] = {
        HOST_TEST(reserved_signals_have_no_handler),
        HOST_TEST(reserved_signals_are_not_seen_blocked),
        HOST_TEST(setgid_with_a_thread_that_blocks_all),
        HOST_TEST(siginterrupt_and_then_signal),
        HOST_TEST(a_reset_handler_leaves_mask_and_flags),
    };

    return host_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
