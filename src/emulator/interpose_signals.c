#include "emulator/auxv.h"
#include "emulator/interpose.h"
#include "emulator/setup.h"
#include "emulator/signals.h"
#include "emulator/sys.h"

/* struct sigaction of glibc and of musl on x86-64 */
struct libc_action {
    uint64_t handler;
    uint64_t mask;
    uint64_t mask_rest[15];
    int32_t flags;
    int32_t pad;
    uint64_t restorer;
};

typedef void (*handler_function)(int signo);

#define HANDLER_ERROR ((handler_function)-1)

int sigaction(int signo, const struct libc_action *action, struct libc_action *ret_old);
handler_function signal(int signo, handler_function handler);
handler_function sysv_signal(int signo, handler_function handler);
int siginterrupt(int signo, int interrupts);
int sigprocmask(int how, const uint64_t *set, uint64_t *ret_old);
int pthread_sigmask(int how, const uint64_t *set, uint64_t *ret_old);
int sigaltstack(const struct kernel_stack *stack, struct kernel_stack *ret_old);
unsigned long getauxval(unsigned long type);

static struct kernel_action action_from(const struct libc_action *a)
{
    return (struct kernel_action){.handler = a->handler,
                                  .flags = (uint32_t)a->flags,
                                  .restorer = a->restorer,
                                  .mask = a->mask};
}

INTERPOSE int sigaction(int signo, const struct libc_action *action, struct libc_action *ret_old)
{
    struct kernel_action asked, old;
    int r;

    setup_once();
    if (action)
        asked = action_from(action);
    r = signal_set_action(signo, action ? &asked : NULL, &old);
    if (r == 0 && ret_old)
        *ret_old = (struct libc_action){.handler = old.handler,
                                        .mask = old.mask,
                                        .flags = (int32_t)old.flags,
                                        .restorer = old.restorer};
    return (int)libc_result(r);
}
ALIAS(__sigaction, sigaction);

static handler_function handler_set(int signo, handler_function handler, uint64_t flags)
{
    struct kernel_action asked = {.handler = (uint64_t)handler, .flags = flags}, old;
    int r;

    setup_once();
    r = signal_set_action(signo, &asked, &old);
    if (r == 0)
        return (handler_function)old.handler;
    (void)libc_result(r);
    return HANDLER_ERROR;
}

INTERPOSE handler_function signal(int signo, handler_function handler)
{
    return handler_set(signo, handler, ACTION_RESTART);
}
ALIAS(bsd_signal, signal);
ALIAS(ssignal, signal);

INTERPOSE handler_function sysv_signal(int signo, handler_function handler)
{
    return handler_set(signo, handler, ACTION_RESETHAND | ACTION_NODEFER);
}
ALIAS(__sysv_signal, sysv_signal);

INTERPOSE int siginterrupt(int signo, int interrupts)
{
    struct kernel_action action;
    int r;

    setup_once();
    r = signal_set_action(signo, NULL, &action);
    if (r == 0) {
        action.flags &= ~ACTION_RESTART;
        action.flags |= interrupts ? 0 : ACTION_RESTART;
        r = signal_set_action(signo, &action, NULL);
    }
    return (int)libc_result(r);
}

INTERPOSE int sigprocmask(int how, const uint64_t *set, uint64_t *ret_old)
{
    setup_once();
    return (int)libc_result(signal_set_mask(how, set, ret_old));
}

INTERPOSE int pthread_sigmask(int how, const uint64_t *set, uint64_t *ret_old)
{
    setup_once();
    return -signal_set_mask(how, set, ret_old);
}

INTERPOSE int sigaltstack(const struct kernel_stack *stack, struct kernel_stack *ret_old)
{
    setup_once();
    return (int)libc_result(signal_set_stack(stack, ret_old, (uint64_t)__builtin_frame_address(0)));
}

INTERPOSE unsigned long getauxval(unsigned long type)
{
    uint64_t value = 0;

    setup_once();
    if (!auxv_find(type, &value))
        (void)libc_result(-ENOENT);
    return value;
}
ALIAS(__getauxval, getauxval);
