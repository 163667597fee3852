/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The application's view of signals, kept apart from the kernel's.
 *
 * The emulator needs every synchronous signal (SIGSEGV, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSYS),
 * because it learns of enclave instructions by faults, and every signal that the application
 * handles, because a handler must not run while FS and the registers are an enclave's. So the
 * kernel has signal_entry() as the handler of all these, and no synchronous signal is blocked
 * while the application runs. This file keeps the settings of the application, and answers
 * sigaction(), sigprocmask() and sigaltstack() from them:
 *
 *   - Dispositions are one array. A signal handler reads it while another thread may write it, and
 *     neither may wait for a thread that it interrupted. So a writer blocks all signals and counts
 *     @version up before and after; a reader that sees an odd or a changed count reads again.
 *   - Synchronous signals that the application blocks are a mask in the thread's block. One that is
 *     sent meanwhile is noted there as well and is sent again when the application unblocks it. One
 *     that a fault raises while it is blocked ends the process, as in the kernel.
 *   - The signal stack that the application set is in the thread's block too. The kernel always has
 *     the emulator's own, in the thread's slot.
 *
 * A C library may change a disposition by a system call that the emulator does not see. So the
 * kernel is asked each time, and its answer counts unless it is signal_entry().
 */
#include "emulator/signal/dispositions.h"

#include <stdatomic.h>

#include "emulator/signal/entry.h"
#include "emulator/signal/vfork_signals.h"
#include "emulator/sys.h"

enum {
    STACK_SIZE_MIN = 2048, /* MINSIGSTKSZ */
};
#define STACK_AUTODISARM INT32_MIN /* bit 31 */

/* The application's dispositions of the signals for which the kernel has signal_entry(). */
static struct kernel_action actions[SIGNAL_MAX + 1];
static _Atomic uint32_t version;
static _Atomic uint32_t writer;

static long kernel_action_set(int signo, const struct kernel_action *action,
                              struct kernel_action *ret_old)
{
    return sys_call4(__NR_rt_sigaction, signo, (long)action, (long)ret_old, SIGNAL_SET_SIZE);
}

static void mask_add(uint64_t signals, uint64_t *ret_mask)
{
    (void)sys_call4(__NR_rt_sigprocmask, SIGNAL_MASK_BLOCK, (long)&signals, (long)ret_mask,
                    SIGNAL_SET_SIZE);
}

void signals_block(uint64_t *ret_mask)
{
    mask_add(~SIGNALS_OF_COPY, ret_mask);
}

void signals_block_all(uint64_t *ret_mask)
{
    mask_add(~UINT64_C(0), ret_mask);
}

void signals_restore(const uint64_t *mask)
{
    (void)sys_call4(__NR_rt_sigprocmask, SIGNAL_MASK_SET, (long)mask, 0, SIGNAL_SET_SIZE);
}

void signals_after_fork(void)
{
    atomic_store(&version, (atomic_load(&version) + 1) & ~UINT32_C(1));
    atomic_store(&writer, 0);
}

int signals_copy_user(void *to, const void *from, size_t size)
{
    uint64_t open = SIGNALS_OF_COPY;
    int r;

    (void)sys_call4(__NR_rt_sigprocmask, SIGNAL_MASK_UNBLOCK, (long)&open, 0, SIGNAL_SET_SIZE);
    r = copy_user(to, from, size);
    (void)sys_call4(__NR_rt_sigprocmask, SIGNAL_MASK_BLOCK, (long)&open, 0, SIGNAL_SET_SIZE);
    return r;
}

static void write_begin(uint64_t *ret_mask)
{
    process_contact();
    signals_block_all(ret_mask);
    while (atomic_exchange_explicit(&writer, 1, memory_order_acquire))
        sys_yield();
    atomic_fetch_add(&version, 1);
}

static void write_end(const uint64_t *mask)
{
    atomic_fetch_add(&version, 1);
    atomic_store_explicit(&writer, 0, memory_order_release);
    signals_restore(mask);
}

struct kernel_action signals_action(int signo)
{
    struct kernel_action action;
    uint32_t before;

    do {
        before = atomic_load(&version);
        action = actions[signo];
        atomic_thread_fence(memory_order_acquire);
    } while (before % 2 || before != atomic_load(&version));
    return action;
}

static bool is_handled(const struct kernel_action *action)
{
    return action->handler != ACTION_DEFAULT && action->handler != ACTION_IGNORE;
}

/* The kernel's action for a signal that the application handles with @action. A synchronous signal
 * has it also when the application does not handle it; then SA_RESTART hides the interruption. */
static struct kernel_action action_ours(const struct kernel_action *action, bool synchronous)
{
    uint64_t keep = ACTION_NOCLDSTOP | ACTION_NOCLDWAIT | ACTION_RESTART;

    return (struct kernel_action){
        .handler = (uint64_t)signal_entry,
        .flags = (is_handled(action) ? action->flags & keep : ACTION_RESTART) | ACTION_SIGINFO |
                 ACTION_ONSTACK | ACTION_RESTORER | (synchronous ? ACTION_NODEFER : 0),
        .restorer = (uint64_t)signal_restorer,
        .mask = ~UINT64_C(0),
    };
}

static long action_replace(int signo, const struct kernel_action *action)
{
    bool synchronous = SIGNALS_SYNCHRONOUS & signal_bit(signo);
    struct kernel_action own = action_ours(action, synchronous);
    long r = kernel_action_set(signo, is_handled(action) || synchronous ? &own : action, NULL);

    if (r < 0)
        return r;
    actions[signo] = *action;
    return 0;
}

/* The application's disposition, which the C library may have changed in the kernel directly. */
static long action_read(int signo, struct kernel_action *ret)
{
    struct kernel_action now;
    long r = kernel_action_set(signo, NULL, &now);

    if (r < 0)
        return r;
    *ret = now.handler == (uint64_t)signal_entry ? actions[signo] : now;
    return 0;
}

int signals_action_set(int signo, const struct kernel_action *action, struct kernel_action *ret_old)
{
    struct kernel_action old;
    uint64_t mask;
    long r;

    if (signo < 1 || signo > SIGNAL_MAX)
        return -EINVAL;
    if (process_is_borrowed())
        return vfork_signals_action(signo, action, ret_old);
    write_begin(&mask);
    r = action_read(signo, &old);
    if (r == 0 && action)
        r = action_replace(signo, action);
    write_end(&mask);
    if (r == 0 && ret_old)
        *ret_old = old;
    return (int)r;
}

struct kernel_action signals_action_take(int signo)
{
    struct kernel_action action = signals_action(signo);
    struct kernel_action reset = action; /* flags and mask stay readable, as in the kernel */

    reset.handler = ACTION_DEFAULT;
    if (action.handler != ACTION_DEFAULT && action.flags & ACTION_RESETHAND)
        (void)signals_action_set(signo, &reset, NULL);
    return action;
}

void signals_setup(void)
{
    struct kernel_action own = action_ours(&(struct kernel_action){0}, true);
    uint64_t mask;

    write_begin(&mask);
    for (int signo = 1; signo <= SIGNAL_MAX; signo++)
        if (SIGNALS_SYNCHRONOUS & signal_bit(signo))
            (void)kernel_action_set(signo, &own, &actions[signo]);
    mask &= ~SIGNALS_SYNCHRONOUS;
    write_end(&mask);
}

/* Send again the signals that came while the application had them blocked, and are open now. */
static void held_release(struct thread *t)
{
    uint64_t due = t->held & ~t->blocked;

    t->held &= ~due;
    for (int signo = 1; signo <= SIGNAL_MAX; signo++)
        if (due & signal_bit(signo))
            (void)sys_tgkill(sys_gettid(), signo);
}

static uint64_t mask_after(uint64_t old, int how, uint64_t set)
{
    if (how == SIGNAL_MASK_BLOCK)
        return old | set;
    return how == SIGNAL_MASK_UNBLOCK ? old & ~set : set;
}

int signals_mask_set(int how, const uint64_t *set, uint64_t *ret_old)
{
    uint64_t asked = set ? *set : 0, open = asked;
    struct thread *t;
    long r;

    if (process_is_borrowed())
        return vfork_signals_mask(how, set, ret_old);
    if (how == SIGNAL_MASK_BLOCK || how == SIGNAL_MASK_SET)
        open &= ~SIGNALS_SYNCHRONOUS;
    r = sys_call4(__NR_rt_sigprocmask, how, (long)(set ? &open : NULL), (long)ret_old,
                  SIGNAL_SET_SIZE);
    if (r < 0)
        return (int)r;
    t = open == asked ? thread_find() : thread_current();
    if (!t)
        return 0;
    if (ret_old)
        *ret_old |= t->blocked;
    if (set) {
        t->blocked = mask_after(t->blocked, how, asked & SIGNALS_SYNCHRONOUS);
        held_release(t);
    }
    return 0;
}

int signals_stack_set(const struct kernel_stack *stack, struct kernel_stack *ret_old, uint64_t rsp)
{
    struct thread *t = thread_find();
    struct kernel_stack old;
    bool on;

    if (process_is_borrowed())
        return vfork_signals_stack(stack, ret_old);
    if (!t)
        return (int)sys_call3(__NR_sigaltstack, (long)stack, (long)ret_old, 0);
    old = t->stack;
    on = !(old.flags & ALTSTACK_DISABLED) && rsp - old.base < old.size;
    old.flags |= on ? ALTSTACK_ON : 0;
    if (stack && on)
        return -EPERM;
    if (stack && stack->flags & ~(ALTSTACK_ON | ALTSTACK_DISABLED | STACK_AUTODISARM))
        return -EINVAL;
    if (stack && !(stack->flags & ALTSTACK_DISABLED) && stack->size < STACK_SIZE_MIN)
        return -ENOMEM;
    if (stack) {
        t->stack = *stack;
        t->stack.flags &= ~ALTSTACK_ON;
    }
    if (ret_old)
        *ret_old = old;
    return 0;
}
