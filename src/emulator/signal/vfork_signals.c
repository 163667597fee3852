/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/signal/vfork_signals.h"

#include "emulator/cpu/cpuid.h"
#include "emulator/signal/dispositions.h"
#include "emulator/signal/entry.h"
#include "emulator/sys.h"

enum {
    MASK_SIZE = 8, /* bytes of the kernel's signal set */
};

/* A C library adds the restorer by itself. */
int plain_action(int signo, const struct kernel_action *action, struct kernel_action *ret_old)
{
    struct kernel_action asked = action ? *action : (struct kernel_action){0}, old;
    long r;

    if (!(asked.flags & ACTION_RESTORER)) {
        asked.flags |= ACTION_RESTORER;
        asked.restorer = (uint64_t)signal_restorer;
    }
    r = sys_call4(__NR_rt_sigaction, signo, (long)(action ? &asked : NULL), (long)&old, MASK_SIZE);
    if (r == 0 && ret_old)
        *ret_old = old.handler == (uint64_t)signal_entry ? signal_action(signo) : old;
    return (int)r;
}

int plain_mask(int how, const uint64_t *set, uint64_t *ret_old)
{
    return (int)sys_call4(__NR_rt_sigprocmask, how, (long)set, (long)ret_old, MASK_SIZE);
}

int plain_stack(const struct kernel_stack *stack, struct kernel_stack *ret_old)
{
    const struct thread *t = thread_find();
    long r = sys_call3(__NR_sigaltstack, (long)stack, (long)ret_old, 0);

    if (r == 0 && ret_old && t)
        *ret_old = t->stack;
    return (int)r;
}

typedef void (*handler_function)(int signo, const struct kernel_siginfo *info,
                                 struct kernel_context *uc);

/* The mask that the kernel would have set; the one of the frame comes back with it. */
static void handler_call(const struct kernel_siginfo *info, struct kernel_context *uc,
                         const struct kernel_action *action)
{
    uint64_t mask = uc->mask | action->mask;

    if (!(action->flags & ACTION_NODEFER))
        mask |= signal_bit(info->signo);
    mask &= ~SIGNALS_SYNCHRONOUS;
    signals_restore(&mask);
    ((handler_function)action->handler)(info->signo, info, uc);
}

void plain_deliver(const struct kernel_siginfo *info, struct kernel_context *uc)
{
    bool is_fault = info->code > 0 && SIGNALS_SYNCHRONOUS & signal_bit(info->signo);
    struct kernel_action action;

    if (is_fault && cpuid_outside(info, uc))
        return;
    action = signal_take_action(info->signo);
    if (action.handler == ACTION_IGNORE && !is_fault)
        return;
    if (action.handler == ACTION_DEFAULT || action.handler == ACTION_IGNORE)
        signal_kill_by(info->signo);
    else
        handler_call(info, uc, &action);
}
