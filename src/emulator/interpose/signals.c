/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signal functions of the C library: sigaction, signal, sigprocmask, sigaltstack and their
 * variants, and getauxval(), which has to tell the replaced vDSO.
 *
 * The requests of the application go to signal/dispositions.c. These functions do what the two C
 * libraries do in addition to the system call, each in its own way: glibc and musl reserve
 * different signals for their threads, hide them from masks differently, and only glibc's signal()
 * obeys siginterrupt(). The presence of gnu_get_libc_version() tells which library it is.
 */
#include "emulator/process/auxv.h"
#include "emulator/interpose/interpose.h"
#include "emulator/process/setup.h"
#include "emulator/signal/dispositions.h"
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

extern const char *gnu_get_libc_version(void) __attribute__((weak)); /* glibc only */

enum {
    RESERVED_FIRST = 32, /* a C library reserves signals 32 and 33 for its threads; musl 34 too */
};

static bool is_glibc(void)
{
    return gnu_get_libc_version;
}

static uint64_t reserved_signals(void)
{
    return UINT64_C(3) << (RESERVED_FIRST - 1) |
           (is_glibc() ? 0 : UINT64_C(4) << (RESERVED_FIRST - 1));
}

/* A C library refuses its reserved signals as it refuses signals that do not exist. */
static int application_action(int signo, const struct kernel_action *action,
                              struct kernel_action *ret_old)
{
    setup_once();
    if (signo < 1 || signo > SIGNAL_MAX || reserved_signals() & signal_bit(signo))
        return -EINVAL;
    return signals_action_set(signo, action, ret_old);
}

/* glibc takes its reserved signals out of every mask to be set; musl blocks them if asked, and
 * takes them out of the mask that it returns. */
static int application_mask(int how, const uint64_t *set, uint64_t *ret_old)
{
    uint64_t open = set ? *set : 0;
    int r;

    setup_once();
    if (is_glibc())
        open &= ~reserved_signals();
    r = signals_mask_set(how, set ? &open : NULL, ret_old);
    if (r == 0 && ret_old && !is_glibc())
        *ret_old &= ~reserved_signals();
    return r;
}

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

    if (action)
        asked = action_from(action);
    r = application_action(signo, action ? &asked : NULL, &old);
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

    r = application_action(signo, &asked, &old);
    if (r == 0)
        return (handler_function)old.handler;
    (void)libc_result(r);
    return HANDLER_ERROR;
}

/* Signals for which siginterrupt() was last called with a true value; glibc's signal() obeys it. */
static _Atomic uint64_t interrupting;

INTERPOSE handler_function signal(int signo, handler_function handler)
{
    bool interrupts = signo >= 1 && signo <= SIGNAL_MAX && interrupting & signal_bit(signo);

    return handler_set(signo, handler, interrupts ? 0 : ACTION_RESTART);
}
ALIAS(bsd_signal, signal);
ALIAS(ssignal, signal);

INTERPOSE handler_function sysv_signal(int signo, handler_function handler)
{
    return handler_set(signo, handler, ACTION_RESETHAND | ACTION_NODEFER);
}
ALIAS(__sysv_signal, sysv_signal);

static void interrupting_set(int signo, bool interrupts)
{
    if (!is_glibc() || process_is_borrowed())
        return;
    if (interrupts)
        interrupting |= signal_bit(signo);
    else
        interrupting &= ~signal_bit(signo);
}

INTERPOSE int siginterrupt(int signo, int interrupts)
{
    struct kernel_action action;
    int r = application_action(signo, NULL, &action);

    if (r == 0) {
        interrupting_set(signo, interrupts);
        action.flags &= ~ACTION_RESTART;
        action.flags |= interrupts ? 0 : ACTION_RESTART;
        r = application_action(signo, &action, NULL);
    }
    return (int)libc_result(r);
}

INTERPOSE int sigprocmask(int how, const uint64_t *set, uint64_t *ret_old)
{
    return (int)libc_result(application_mask(how, set, ret_old));
}

INTERPOSE int pthread_sigmask(int how, const uint64_t *set, uint64_t *ret_old)
{
    return -application_mask(how, set, ret_old);
}

INTERPOSE int sigaltstack(const struct kernel_stack *stack, struct kernel_stack *ret_old)
{
    setup_once();
    return (int)libc_result(
        signals_stack_set(stack, ret_old, (uint64_t)__builtin_frame_address(0)));
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
