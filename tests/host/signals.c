/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static volatile sig_atomic_t handled;
static volatile sig_atomic_t code;

static void on_signal(int signo)
{
    handled = signo;
}

static void on_signal_info(int signo, siginfo_t *info, void *context)
{
    (void)context;
    handled = signo;
    code = info->si_code;
}

/* In a main thread without a signal stack SA_ONSTACK has no effect; Python sets it. */
static void onstack_without_a_stack(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    CHECK(raise(SIGUSR1) == 0);
    CHECK(handled == SIGUSR1);
}

static const int synchronous[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};

static int status_of(void (*child)(int signo), int signo)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        child(signo);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

static void raise_handled(int signo)
{
    signal(signo, on_signal);
    raise(signo);
    _exit(handled == signo ? 0 : 1);
}

static void raise_ignored(int signo)
{
    signal(signo, SIG_IGN);
    raise(signo);
}

static void raise_default(int signo)
{
    raise(signo);
}

/* A signal that a fault raises may also be sent, as the first signal of a process. */
static void faults_that_are_sent(void)
{
    for (size_t i = 0; i < sizeof(synchronous) / sizeof(synchronous[0]); i++) {
        int status = status_of(raise_default, synchronous[i]);

        CHECK(status_of(raise_handled, synchronous[i]) == 0);
        CHECK(status_of(raise_ignored, synchronous[i]) == 0);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == synchronous[i]);
    }
}

static void the_sender_is_known(void)
{
    struct sigaction action = {.sa_sigaction = on_signal_info, .sa_flags = SA_SIGINFO};

    sigaction(SIGFPE, &action, NULL);
    kill(getpid(), SIGFPE);
    CHECK(handled == SIGFPE && code == SI_USER);
}

/* sigsuspend() returns when a handler has run, also for a thread's first signal. */
static void the_first_signal_ends_sigsuspend(void)
{
    struct itimerval timer = {.it_value.tv_usec = 20000};
    sigset_t blocked, before;

    signal(SIGALRM, on_signal);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGALRM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    setitimer(ITIMER_REAL, &timer, NULL);
    CHECK(sigsuspend(&before) == -1 && errno == EINTR);
    CHECK(handled == SIGALRM);
}

/* Two bytes, of which the second does not begin an instruction. */
static void the_long_breakpoint(void)
{
    signal(SIGTRAP, on_signal);
    __asm__ volatile(".byte 0xcd, 0x03");
    CHECK(handled == SIGTRAP);
}

static void *sends(void *thread)
{
    for (int i = 0; i < 20000; i++)
        pthread_kill(*(pthread_t *)thread, synchronous[i % 6]);
    return NULL;
}

static volatile unsigned count;

static void on_count(int signo)
{
    (void)signo;
    count = count + 1;
}

/* A signal that is sent may arrive at any instruction of the code that handles another. */
static void a_storm_of_sent_faults(void)
{
    pthread_t self = pthread_self(), sender;
    struct timespec nap = {.tv_nsec = 1000};
    struct sigaction action;

    for (int i = 0; i < 6; i++)
        signal(synchronous[i], on_count);
    CHECK(pthread_create(&sender, NULL, sends, &self) == 0);
    for (int i = 0; i < 20000; i++) {
        sigaction(SIGUSR2, NULL, &action);
        action.sa_handler = on_signal;
        sigaction(SIGUSR2, &action, NULL);
        if (i % 16 == 0)
            nanosleep(&nap, NULL);
    }
    CHECK(pthread_join(sender, NULL) == 0);
    CHECK(count > 0);
}

static sigjmp_buf back;
static char *page;

static void on_fault(int signo)
{
    handled = signo;
    siglongjmp(back, 1);
}

static void faults_may_be_left_again_and_again(void)
{
    volatile int times = 0;

    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    signal(SIGSEGV, on_fault);
    while (times < 1000) {
        if (sigsetjmp(back, 1) == 0)
            *page = 1;
        times = times + 1;
    }
    CHECK(times == 1000 && handled == SIGSEGV);
}

static void fault_again(int signo)
{
    (void)signo;
    *page = 1;
}

/* A handler that raises the fault that it handles ends the process, and nothing is written below
 * its stack. */
static void child_recurses(int signo)
{
    struct sigaction action = {.sa_handler = fault_again, .sa_flags = SA_ONSTACK};
    size_t size = 64 * 1024;
    char *area = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = area + size, .ss_size = size};

    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fork() != 0) {
        int status;

        wait(&status);
        for (size_t i = 0; i < size; i++)
            CHECK(area[i] == 0);
        _exit(WIFSIGNALED(status) && WTERMSIG(status) == signo ? 0 : 1);
    }
    sigaltstack(&stack, NULL);
    sigaction(signo, &action, NULL);
    *page = 1;
}

static void a_fault_in_its_own_handler(void)
{
    CHECK(status_of(child_recurses, SIGSEGV) == 0);
}

/* A read() continues after a handler with SA_RESTART and after an ignored signal. */
static void *writes(void *fd)
{
    struct timespec nap = {.tv_nsec = 50000000};

    nanosleep(&nap, NULL);
    kill(getpid(), SIGFPE);
    nanosleep(&nap, NULL);
    CHECK(write(*(int *)fd, "x", 1) == 1);
    return NULL;
}

static void read_through(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    pthread_t thread;
    sigset_t fpe;
    char byte;
    int fds[2];

    CHECK(pipe(fds) == 0);
    sigaction(SIGFPE, &action, NULL);
    sigemptyset(&fpe);
    sigaddset(&fpe, SIGFPE);
    pthread_sigmask(SIG_BLOCK, &fpe,
                    NULL); /* blocked for the new thread, so that this one is interrupted */
    CHECK(pthread_create(&thread, NULL, writes, &fds[1]) == 0);
    pthread_sigmask(SIG_UNBLOCK, &fpe, NULL);
    CHECK(read(fds[0], &byte, 1) == 1 && byte == 'x');
    CHECK(pthread_join(thread, NULL) == 0);
}

static void reads_go_on(void)
{
    read_through(on_signal);
    read_through(SIG_IGN);
}

int main(int argc, char **argv)
{
    static const struct host_test tests[] = {
        HOST_TEST(onstack_without_a_stack),
        HOST_TEST(faults_that_are_sent),
        HOST_TEST(the_sender_is_known),
        HOST_TEST(the_first_signal_ends_sigsuspend),
        HOST_TEST(the_long_breakpoint),
        HOST_TEST(a_storm_of_sent_faults),
        HOST_TEST(faults_may_be_left_again_and_again),
        HOST_TEST(a_fault_in_its_own_handler),
        HOST_TEST(reads_go_on),
    };

    return host_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
