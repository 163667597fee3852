#include "emulator/thread.h"

#include <stdatomic.h>

#include "emulator/fast.h"
#include "emulator/sys.h"

enum {
    DISPATCH_SET = 59, /* prctl: PR_SET_SYSCALL_USER_DISPATCH */
    DISPATCH_ON = 1,
    PROBES = 16, /* slots */
};

extern const uint8_t stub_begin[], stub_end[];

/* read by entry.S */
uint64_t thread_arena __attribute__((visibility("hidden")));
uint64_t thread_arena_size __attribute__((visibility("hidden")));

/* Whose a slot is: process and thread id, because another process may work in this memory; 0: never
 * used. */
static _Atomic uint64_t owners[THREAD_MAX];
static _Atomic unsigned used; /* slots below this were used at least once */

/* In the child of a fork, where one of its parent's slots is the signal stack of the only thread:
 * which one, that thread alone knows, and it may not be the first to need a slot. */
#define OWNER_PARENT UINT64_MAX

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
    long at = sys_mmap(0, size + THREAD_SLOT_SIZE, PROT_NONE,
                       MAP_ANONYMOUS | MAP_NORESERVE | MAP_PRIVATE, -1, 0);

    if (sys_failed(at))
        return -ENOMEM;
    if (process_setup() < 0) {
        (void)sys_munmap((uint64_t)at, size + THREAD_SLOT_SIZE);
        return -ENOMEM;
    }
    thread_arena = ((uint64_t)at + THREAD_SLOT_SIZE - 1) & ~(uint64_t)(THREAD_SLOT_SIZE - 1);
    thread_arena_size = size;
    return 0;
}

static void dispatch_arm(struct thread *t)
{
    t->selector = SELECTOR_ALLOW;
    (void)sys_call6(__NR_prctl, DISPATCH_SET, DISPATCH_ON, (long)stub_begin, stub_end - stub_begin,
                    (long)&t->selector, 0);
}

static uint64_t owner_self(void)
{
    return (uint64_t)sys_getpid() << 32 | (uint32_t)sys_gettid();
}

static bool owner_lives(uint64_t owner)
{
    return sys_call3(__NR_tgkill, (long)(owner >> 32), (int)owner, 0) != -ESRCH;
}

/* A slot is free when it was never used or its thread is gone. */
static bool slot_take(unsigned index, uint64_t self)
{
    uint64_t owner = atomic_load(&owners[index]);

    if (owner == OWNER_PARENT || (owner && owner != self && owner_lives(owner)))
        return false;
    return atomic_compare_exchange_strong(&owners[index], &owner, self);
}

static struct thread *slot_find(uint64_t self)
{
    unsigned count = atomic_load(&used);

    for (unsigned i = 0; i < count; i++)
        if (atomic_load(&owners[i]) == self)
            return slot_at(i);
    return NULL;
}

/* mlockall() makes all memory resident that may be used, so a slot is opened with its first owner.
 */
static struct thread *slot_open(unsigned index)
{
    unsigned count = atomic_load(&used);

    while (count <= index && !atomic_compare_exchange_weak(&used, &count, index + 1))
        ;
    if (sys_mprotect((uint64_t)slot_at(index), THREAD_SLOT_SIZE, PROT_READ | PROT_WRITE) == 0)
        return slot_at(index);
    atomic_store(&owners[index], 0);
    return NULL;
}

static struct thread *slot_among(unsigned first, unsigned end, uint64_t self)
{
    for (unsigned i = first; i < end; i++)
        if (slot_take(i, self))
            return slot_open(i);
    return NULL;
}

/* Whether an owner lives costs a system call, so a few are asked, in turn, before a slot is begun
 * that was never used. */
static struct thread *slot_new(uint64_t self)
{
    static _Atomic unsigned turn;
    unsigned count = atomic_load(&used), first = atomic_fetch_add(&turn, PROBES);
    struct thread *t;

    first = count > PROBES ? first % (count - PROBES) : 0;
    t = slot_among(first, count < PROBES ? count : first + PROBES, self);
    if (!t)
        t = slot_among(count, THREAD_MAX, self);
    return t ? t : slot_among(0, count, self);
}

void threads_after_fork(void)
{
    unsigned count = atomic_load(&used);

    for (unsigned i = 0; i < count; i++)
        if (atomic_load(&owners[i]))
            atomic_store(&owners[i], OWNER_PARENT);
}

/* The thread that forked has its slot or needs a new one: the parent's are free. */
static void slots_release(void)
{
    unsigned count = atomic_load(&used);

    for (unsigned i = 0; i < count; i++) {
        uint64_t owner = OWNER_PARENT;

        (void)atomic_compare_exchange_strong(&owners[i], &owner, 0);
    }
}

static struct thread *slot_of_self(void)
{
    uint64_t self = owner_self();
    struct thread *t = slot_find(self);

    if (!t && self >> 32 == (uint32_t)self && !process_is_borrowed())
        slots_release();
    return t ? t : slot_new(self);
}

struct thread *thread_adopt(const struct kernel_stack *stack)
{
    struct thread *t;

    process_contact();
    t = slot_of_self();
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

    process_contact();
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
    unsigned index = slot_index(t);

    process_contact();
    if (atomic_load(&owners[index]) != OWNER_PARENT || process_is_borrowed())
        return;
    atomic_store(&owners[index], owner_self());
    slots_release();
    dispatch_arm(t);
}
