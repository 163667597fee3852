/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/signal/vfork_signals.h"

#include "emulator/signal/dispositions.h"
#include "emulator/signal/entry.h"
#include "emulator/sys.h"

/* The C library's sigaction(), which this one replaces, would add the restorer. */
int vfork_signals_action(int signo, const struct kernel_action *action,
                         struct kernel_action *ret_old)
{
    struct kernel_action asked = action ? *action : (struct kernel_action){0}, old;
    long r;

    if (!(asked.flags & ACTION_RESTORER)) {
        asked.flags |= ACTION_RESTORER;
        asked.restorer = (uint64_t)signal_restorer;
    }
    r = sys_call4(__NR_rt_sigaction, signo, (long)(action ? &asked : NULL), (long)&old,
                  SIGNAL_SET_SIZE);
    if (r == 0 && ret_old)
        *ret_old = old.handler == (uint64_t)signal_entry ? signals_action(signo) : old;
    return (int)r;
}

int vfork_signals_mask(int how, const uint64_t *set, uint64_t *ret_old)
{
    return (int)sys_call4(__NR_rt_sigprocmask, how, (long)set, (long)ret_old, SIGNAL_SET_SIZE);
}

int vfork_signals_stack(const struct kernel_stack *stack, struct kernel_stack *ret_old)
{
    const struct thread *t = thread_find();
    long r = sys_call3(__NR_sigaltstack, (long)stack, (long)ret_old, 0);

    if (r == 0 && ret_old && t)
        *ret_old = t->stack;
    return (int)r;
}
