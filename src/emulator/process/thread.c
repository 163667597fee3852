/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/process/thread.h"

#include "emulator/cpu/fast.h"
#include "emulator/process/slots.h"
#include "emulator/signal/entry.h"
#include "emulator/sys.h"

enum {
    DISPATCH_SET = 59, /* prctl: PR_SET_SYSCALL_USER_DISPATCH */
    DISPATCH_ON = 1,
};

uint64_t thread_arena, thread_arena_size;

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
    (void)sys_call6(__NR_prctl, DISPATCH_SET, DISPATCH_ON, (long)signal_return_begin,
                    signal_return_end - signal_return_begin, (long)&t->selector, 0);
}

struct thread *thread_adopt(const struct kernel_stack *stack)
{
    struct thread *t;

    process_contact();
    t = slots_claim();
    if (!t)
        return NULL;
    *t = (struct thread){.stack = *stack};
    t->stack.flags &= ~ALTSTACK_ON;
    if (!t->stack.size) /* the context of a thread without a signal stack has size 0 and no flag */
        t->stack.flags = ALTSTACK_DISABLED;
    dispatch_arm(t);
    fast_mark(slots_index(t));
    return t;
}

/* The kernel's signal stack for the thread names its slot, also in the child of a fork. */
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
    process_contact();
    if (!slots_is_parents(t) || process_is_borrowed())
        return;
    slots_inherit(t);
    dispatch_arm(t);
}
