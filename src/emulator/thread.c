#include "emulator/thread.h"

#include <stdatomic.h>

#include "emulator/fast.h"
#include "emulator/sys.h"

enum {
    DISPATCH_SET = 59, /* prctl: PR_SET_SYSCALL_USER_DISPATCH */
    DISPATCH_ON = 1,
    ADVICE_WIPE_ON_FORK = 18, /* MADV_WIPEONFORK */
};

extern const uint8_t stub_begin[], stub_end[];

/* read by entry.S */
uint64_t thread_arena __attribute__((visibility("hidden")));
uint64_t thread_arena_size __attribute__((visibility("hidden")));

/* a page that the kernel zeroes in a child; read by entry.S */
_Atomic int *thread_forked __attribute__((visibility("hidden")));

static _Atomic int owners[THREAD_MAX]; /* thread ids, 0: never used */
static _Atomic unsigned used;          /* slots below this were used at least once */

static struct thread *slot_at(unsigned index)
{
    return (struct thread *)(thread_arena + (uint64_t)index * THREAD_SLOT_SIZE);
}

static unsigned slot_index(const struct thread *t)
{
    return (unsigned)(((uint64_t)t - thread_arena) / THREAD_SLOT_SIZE);
}

int thread_setup(void)
{
    uint64_t size = (uint64_t)THREAD_MAX * THREAD_SLOT_SIZE;
    uint64_t at = (uint64_t)sys_map_memory(size + THREAD_SLOT_SIZE, MAP_PRIVATE);

    thread_forked = sys_map_memory(4096, MAP_PRIVATE);
    if (!at || !thread_forked)
        return -ENOMEM;
    (void)sys_call3(__NR_madvise, (long)thread_forked, 4096, ADVICE_WIPE_ON_FORK);
    atomic_store(thread_forked, 1);
    thread_arena = (at + THREAD_SLOT_SIZE - 1) & ~(uint64_t)(THREAD_SLOT_SIZE - 1);
    thread_arena_size = size;
    return 0;
}

static void dispatch_arm(struct thread *t)
{
    t->selector = SELECTOR_ALLOW;
    (void)sys_call6(__NR_prctl, DISPATCH_SET, DISPATCH_ON, (long)stub_begin, stub_end - stub_begin,
                    (long)&t->selector, 0);
}

/* A slot is free when it was never used or its thread is gone. */
static bool slot_take(unsigned index, int tid)
{
    int owner = atomic_load(&owners[index]);

    if (owner && owner != tid && sys_tgkill(owner, 0) != -ESRCH)
        return false;
    return atomic_compare_exchange_strong(&owners[index], &owner, tid);
}

static struct thread *slot_find(int tid)
{
    unsigned count = atomic_load(&used);

    for (unsigned i = 0; i < count; i++)
        if (atomic_load(&owners[i]) == tid)
            return slot_at(i);
    return NULL;
}

static struct thread *slot_new(int tid)
{
    unsigned count = atomic_load(&used);

    for (unsigned i = 0; i < THREAD_MAX; i++) {
        if (!slot_take(i, tid))
            continue;
        while (count <= i && !atomic_compare_exchange_weak(&used, &count, i + 1))
            ;
        return slot_at(i);
    }
    return NULL;
}

struct thread *thread_adopt(const struct kernel_stack *stack)
{
    int tid = sys_gettid();
    struct thread *t = slot_find(tid);

    if (!t)
        t = slot_new(tid);
    if (!t)
        return NULL;
    *t = (struct thread){.stack = *stack};
    t->stack.flags &= ~ALTSTACK_ON;
    if (!t->stack.size) /* a context says so of a thread that never had one */
        t->stack.flags = ALTSTACK_DISABLED;
    dispatch_arm(t);
    fast_mark(slot_index(t));
    return t;
}

/* The kernel's idea of the signal stack names the slot, also in the child of a fork. */
static struct thread *slot_of_stack(const struct kernel_stack *stack)
{
    if (stack->base - thread_arena >= thread_arena_size)
        return NULL;
    return (struct thread *)(stack->base & ~(uint64_t)(THREAD_SLOT_SIZE - 1));
}

static struct thread *thread_of_stack(struct kernel_stack *ret_stack)
{
    struct thread *t;

    *ret_stack = (struct kernel_stack){.flags = ALTSTACK_DISABLED};
    (void)sys_call3(__NR_sigaltstack, 0, (long)ret_stack, 0);
    t = slot_of_stack(ret_stack);
    if (t)
        thread_after_fork(t);
    return t;
}

struct thread *thread_find(void)
{
    struct kernel_stack stack;

    return thread_of_stack(&stack);
}

struct thread *thread_current(void)
{
    struct kernel_stack stack;
    struct thread *t = thread_of_stack(&stack);

    if (t)
        return t;
    t = thread_adopt(&stack);
    if (!t)
        return NULL;
    stack = thread_signal_stack(t);
    (void)sys_call3(__NR_sigaltstack, (long)&stack, 0, 0);
    return t;
}

struct kernel_stack thread_signal_stack(const struct thread *t)
{
    return (struct kernel_stack){.base = (uint64_t)t + THREAD_BLOCK_SIZE,
                                 .size = THREAD_SLOT_SIZE - THREAD_BLOCK_SIZE};
}

void thread_after_fork(struct thread *t)
{
    if (atomic_load(thread_forked))
        return;
    atomic_store(thread_forked, 1);
    atomic_store(&owners[slot_index(t)], sys_gettid());
    dispatch_arm(t);
}
