/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that handle signals: in the child of a fork, and by the thousand. */
#include "host.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum {
    FORKS = 200,
    THREADS = 4200,
    STACK_SIZE = 32768, /* bytes */
    ROUNDS = 20000,     /* signals that a thread sends itself */
};

static void on_signal(int signo)
{
    (void)signo;
}

static volatile bool stop;

static void *set_handlers(void *p)
{
    while (!stop)
        signal(SIGUSR1, on_signal);
    return p;
}

/* In the child of a fork nobody releases a lock that another thread of the parent held. */
static void a_child_of_a_busy_process_sets_handlers(void)
{
    pthread_t thread;
    int status;

    CHECK(pthread_create(&thread, NULL, set_handlers, NULL) == 0);
    for (int i = 0; i < FORKS; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            signal(SIGINT, SIG_DFL);
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    }
    stop = true;
    CHECK(pthread_join(thread, NULL) == 0);
}

static __thread volatile sig_atomic_t counted;

static void on_count(int signo)
{
    (void)signo;
    counted++;
}

static void *count_signals(void *p)
{
    counted = 0;
    for (int i = 0; i < ROUNDS; i++)
        (void)syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1);
    CHECK(counted == ROUNDS);
    return p;
}

static void threads_count(void)
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, count_signals, NULL) == 0);
    (void)count_signals(NULL);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

/* Another thread of the child handles a signal before the thread that forked. After a fork by a raw
 * system call, raise() does not know the id of its thread. */
static void a_child_has_threads(void)
{
    int status;
    pid_t pid;

    signal(SIGUSR1, on_count);
    for (int i = 0; i < 4; i++) {
        if (i == 2)
            raise(SIGUSR1);
        pid = i % 2 ? (pid_t)syscall(SYS_fork) : fork();
        if (pid == 0) {
            threads_count();
            _exit(0);
        }
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    }
}

static _Atomic int count_all;

static void on_count_all(int signo)
{
    (void)signo;
    count_all++;
}

static void *raise_and_stay(void *p)
{
    raise(SIGUSR1);
    pause();
    return p;
}

static void thousands_of_threads_handle_a_signal(void)
{
    pthread_attr_t small;
    pthread_t thread;

    signal(SIGUSR1, on_count_all);
    CHECK(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, STACK_SIZE) == 0);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread, &small, raise_and_stay, NULL) != 0) {
            dprintf(STDERR_FILENO, "no more than %d threads\n", i);
            _exit(HOST_SKIPPED);
        }
    while (count_all < THREADS)
        usleep(1000);
    _exit(0);
}

int main(int argc, char **argv)
{
    static const struct host_test tests[] = {
        HOST_TEST(a_child_of_a_busy_process_sets_handlers),
        HOST_TEST(a_child_has_threads),
        HOST_TEST(thousands_of_threads_handle_a_signal),
    };

    return host_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
