/* SPDX-License-Identifier: Apache-2.0 */
/* Threads run the enclave while timers interrupt them. */
#include "tests.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <ucontext.h>

enum {
    TICKS_ENOUGH = 20,
};

static _Atomic unsigned ticks, ticks_inside;
static volatile sig_atomic_t on_stack;
static uint8_t signal_stack[64 * 1024];

static void count(const ucontext_t *uc)
{
    const greg_t *r = uc->uc_mcontext.gregs;

    ticks++;
    ticks_inside += r[REG_RAX] == SGX_ERESUME && r[REG_RCX] == r[REG_RIP];
}

static void on_tick(int signo, void *info, void *context)
{
    uint8_t here;

    (void)signo;
    (void)info;
    count(context);
    on_stack += &here >= signal_stack && &here < signal_stack + sizeof(signal_stack);
}

struct spinner {
    const struct abi *a;
    unsigned thread;
    int failures;
};

static void spin_some(struct spinner *s)
{
    uint64_t gs = (uint64_t)s->a->base + s->thread * ABI_THREAD_SIZE + ABI_SSA;

    for (int i = 0; i < 50; i++) {
        uint64_t operands[6] = {ABI_SPIN, 20000, 0, gs};

        if (enter_as(s->a, s->thread, SGX_EENTER, operands).function != SGX_EEXIT ||
            operands[0] != 1)
            s->failures++;
        for (int k = 0; k < 200; k++) {
            uint64_t nothing[6] = {ABI_NOTHING};

            if (enter_as(s->a, s->thread, SGX_EENTER, nothing).function != SGX_EEXIT)
                s->failures++;
        }
    }
}

static __thread const struct spinner *self;

/* Until the time is over, and on a busy machine until there were enough interrupts. */
static void *spin(void *data)
{
    const char *seconds = getenv("COFFER_ABI_SECONDS");
    time_t end = time(NULL) + (seconds ? atoi(seconds) : 1);
    int timer;

    self = data;
    timer = thread_every(500);
    do
        spin_some(data);
    while (time(NULL) < end || ticks_inside < TICKS_ENOUGH);
    thread_every_end(timer);
    return NULL;
}

static void spin_in_threads(const struct abi *a, unsigned count)
{
    struct spinner spinners[ABI_THREADS];
    pthread_t ids[ABI_THREADS];

    for (unsigned i = 0; i < count; i++) {
        spinners[i] = (struct spinner){.a = a, .thread = i};
        expect_equal(pthread_create(&ids[i], NULL, spin, &spinners[i]), 0);
    }
    for (unsigned i = 0; i < count; i++)
        expect_equal(pthread_join(ids[i], NULL), 0);
    for (unsigned i = 0; i < count; i++)
        expect_equal(spinners[i].failures, 0);
}

/* Each thread has its own timer of 2 kHz; a timer of the process would interrupt the first thread
 * only. */
void eight_threads_under_a_timer(struct abi *a)
{
    on_signal(SIGALRM, on_tick, SA_RESTART);
    spin_in_threads(a, ABI_THREADS);
}

void signals_use_the_programs_stack(struct abi *a)
{
    stack_t ours = {.ss_sp = signal_stack, .ss_size = sizeof(signal_stack)}, seen;
    struct spinner s = {.a = a};

    expect_equal(sigaltstack(&ours, NULL), 0);
    on_signal(SIGALRM, on_tick, SA_ONSTACK | SA_RESTART);
    spin(&s);
    expect_equal(s.failures, 0);
    expect_equal(on_stack, ticks);
    expect_equal(sigaltstack(NULL, &seen), 0);
    expect(seen.ss_sp == signal_stack);
    ours.ss_flags = SS_DISABLE;
    expect_equal(sigaltstack(&ours, NULL), 0);
}

static _Atomic unsigned wrong_answers;

static void on_tick_enter(int signo, void *info, void *context)
{
    uint64_t operands[6] = {ABI_ECHO, 1, 2, 3, 4};

    (void)signo;
    (void)info;
    count(context);
    if (enter_as(self->a, self->thread, SGX_EENTER, operands).function != SGX_EEXIT ||
        operands[0] != 0x500 || operands[4] != 0x404)
        wrong_answers++;
}

/* Library operating systems deliver signals so: the handler enters the enclave, whatever it
 * interrupted. */
void handlers_enter_the_enclave(struct abi *a)
{
    on_signal(SIGALRM, on_tick_enter, SA_RESTART);
    spin_in_threads(a, 4);
    expect_equal(wrong_answers, 0);
}

static const struct abi *entered;

static void enter_checked(const struct abi *a, unsigned thread)
{
    uint64_t operands[6] = {ABI_BASES};

    expect_exit(enter_as(a, thread, SGX_EENTER, operands));
    expect_equal(operands[1], (uint64_t)a->base + thread * ABI_THREAD_SIZE + ABI_SSA);
}

static void on_tick_enter_other(int signo, void *info, void *context)
{
    (void)signo;
    (void)info;
    (void)context;
    ticks++;
    enter_checked(entered, 1);
}

/* Wherever the handler interrupts an entry, the thread must not mistake the handler's TCS for its
 * own. */
void handlers_enter_another_thread(struct abi *a)
{
    time_t end = time(NULL) + 2;

    entered = a;
    on_signal(SIGALRM, on_tick_enter_other, SA_RESTART);
    every(100);
    do
        for (int i = 0; i < 1000; i++)
            enter_checked(a, 0);
    while (time(NULL) < end);
    every(0);
    expect(ticks > 10);
}
