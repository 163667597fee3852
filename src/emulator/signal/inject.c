/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the application gets a signal that the kernel gave to the emulator.
 *
 * To deliver a signal, the emulator builds the frame that the kernel would have built, where the
 * kernel would have built it, sets the context's registers as the kernel sets them for a handler,
 * and returns. The application's handler then runs as if the kernel had called it. It may
 * longjmp(), enter an enclave again, or never return, because no frame of the emulator is below it.
 *
 * The frame has the kernel's layout (Linux arch/x86/kernel/signal_64.c): return address, context,
 * siginfo, and above them the XSAVE image, aligned to 64 bytes. It lies below the red zone of the
 * interrupted stack, or on the signal stack that the application set. The restorer hands its
 * context to the kernel as it is, so the signal stack and the mask in it are those that the kernel
 * has: the emulator's signal stack, and a mask without the synchronous signals.
 *
 * The default action is left to the kernel: the disposition becomes SIG_DFL and the signal is
 * raised again. When the instruction at RIP will fault again by itself, it only has to be returned
 * to, and a core file shows the registers of the fault.
 */
#include "emulator/signal/inject.h"

#include "emulator/signal/dispositions.h"
#include "emulator/signal/entry.h"
#include "emulator/sys.h"
#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

enum {
    RED_ZONE = 128, /* bytes below RSP that code may use: System V ABI */
    FPSTATE_ALIGN = 64,
    FRAME_PADDING = FPSTATE_ALIGN + 24, /* at most, for both alignments */
};
#define FLAGS_CLEARED UINT64_C(0x10500) /* TF, DF, RF: as the kernel enters handlers */

struct frame {
    uint64_t return_address;
    struct kernel_context context;
    struct kernel_siginfo info;
};

static_assert(offsetof(struct frame, context) == FRAME_CONTEXT, "layout.h");
static_assert(offsetof(struct frame, info) == FRAME_INFO, "layout.h");

static uint64_t fpstate_size(const struct kernel_context *uc)
{
    const uint8_t *image = (const uint8_t *)uc->regs.fpstate;

    if (!image)
        return 0;
    if (load_u32le(image + XSAVE_SOFTWARE_OFFSET) != XSAVE_SOFTWARE_MAGIC)
        return XSAVE_LEGACY_SIZE;
    return load_u32le(image + XSAVE_EXTENDED_SIZE_OFFSET);
}

/* A handler starts with the initial floating point state. */
static void fpstate_reset(const struct kernel_context *uc)
{
    uint8_t *image = (uint8_t *)uc->regs.fpstate;

    if (!image)
        return;
    store_u32le(image + XSAVE_MXCSR_OFFSET, XSAVE_MXCSR_INIT);
    if (load_u32le(image + XSAVE_SOFTWARE_OFFSET) == XSAVE_SOFTWARE_MAGIC)
        store_u64le(image + XSAVE_HEADER_OFFSET, 0);
}

static uint64_t stack_top(const struct thread *t, const struct kernel_context *uc,
                          const struct kernel_action *action)
{
    const struct kernel_stack *alt = &t->stack;
    bool usable = action->flags & ACTION_ONSTACK && !(alt->flags & ALTSTACK_DISABLED);

    if (usable && uc->regs.rsp - alt->base >= alt->size)
        return alt->base + alt->size;
    return uc->regs.rsp - RED_ZONE;
}

void inject_kill(int signo)
{
    struct kernel_action fatal = {.handler = ACTION_DEFAULT};
    uint64_t open = signal_bit(signo);

    (void)sys_call4(__NR_rt_sigaction, signo, (long)&fatal, 0, SIGNAL_SET_SIZE);
    (void)sys_tgkill(sys_gettid(), signo);
    (void)sys_call4(__NR_rt_sigprocmask, SIGNAL_MASK_UNBLOCK, (long)&open, 0, SIGNAL_SET_SIZE);
}

uint64_t inject_frame(uint64_t top, const struct kernel_siginfo *info,
                      const struct kernel_context *uc, const struct kernel_stack *stack)
{
    uint64_t fp_size = fpstate_size(uc);
    uint64_t fp = (top - fp_size) & ~(uint64_t)(FPSTATE_ALIGN - 1);
    uint64_t at = ((fp - sizeof(struct frame)) & ~UINT64_C(15)) - 8;
    struct frame frame = {
        .return_address = (uint64_t)signal_restorer, .context = *uc, .info = *info};

    frame.context.regs.fpstate = fp_size ? fp : 0;
    frame.context.stack = *stack;
    if (signals_copy_user((void *)fp, (const void *)uc->regs.fpstate, fp_size) < 0 ||
        signals_copy_user((void *)at, &frame, sizeof(frame)) < 0)
        return 0;
    return at;
}

/* Does the frame fit into the rest of the signal stack? The kernel refuses it otherwise. */
static bool frame_fits(const struct thread *t, const struct kernel_context *uc, uint64_t top)
{
    const struct kernel_stack *alt = &t->stack;
    uint64_t need = sizeof(struct frame) + fpstate_size(uc) + FRAME_PADDING;

    return alt->flags & ALTSTACK_DISABLED || top - alt->base > alt->size || top - alt->base > need;
}

static void handler_enter(struct thread *t, const struct kernel_siginfo *info,
                          struct kernel_context *uc, const struct kernel_action *action)
{
    const struct kernel_stack own = thread_signal_stack(t);
    uint64_t top = stack_top(t, uc, action);
    uint64_t at = frame_fits(t, uc, top) ? inject_frame(top, info, uc, &own) : 0;

    if (!at) {
        inject_kill(SIGNAL_SEGV);
        return;
    }
    fpstate_reset(uc);
    uc->mask |= action->mask;
    if (!(action->flags & ACTION_NODEFER))
        uc->mask |= signal_bit(info->signo);
    uc->mask &= ~SIGNALS_SYNCHRONOUS;
    uc->stack = own;
    uc->regs.rip = action->handler;
    uc->regs.rdi = (uint64_t)info->signo;
    uc->regs.rsi = at + offsetof(struct frame, info);
    uc->regs.rdx = at + offsetof(struct frame, context);
    uc->regs.rax = 0;
    uc->regs.rsp = at;
    uc->regs.rflags &= ~FLAGS_CLEARED;
}

/* A fault that repeats meets SIG_DFL by itself. SIGTRAP and SIGSYS do not repeat: RIP is after the
 * instruction. */
static void action_default(const struct kernel_siginfo *info, bool repeats)
{
    struct kernel_action fatal = {.handler = ACTION_DEFAULT};

    if (!repeats || info->signo == SIGNAL_TRAP || info->signo == SIGNAL_SYS) {
        inject_kill(info->signo);
        return;
    }
    (void)sys_call4(__NR_rt_sigaction, info->signo, (long)&fatal, 0, SIGNAL_SET_SIZE);
}

void inject_deliver(struct thread *t, const struct kernel_siginfo *info, struct kernel_context *uc,
                    bool repeats)
{
    struct kernel_action action = signals_action_take(info->signo);
    bool is_fault = signals_is_fault(info);
    bool blocked = t->blocked & signal_bit(info->signo);

    uc->stack = thread_signal_stack(t);
    if (blocked && !is_fault) {
        t->held |= signal_bit(info->signo);
        return;
    }
    if (action.handler == ACTION_IGNORE && !is_fault)
        return;
    if (action.handler == ACTION_DEFAULT || action.handler == ACTION_IGNORE || blocked) {
        action_default(info, is_fault && repeats);
        return;
    }
    handler_enter(t, info, uc, &action);
}

typedef void (*handler_function)(int signo, const struct kernel_siginfo *info,
                                 struct kernel_context *uc);

/* Install the mask that the kernel would install for the handler. rt_sigreturn of the emulator's
 * own handler restores the mask in the frame. */
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

void inject_call(const struct kernel_siginfo *info, struct kernel_context *uc)
{
    bool is_fault = signals_is_fault(info);
    struct kernel_action action;

    action = signals_action_take(info->signo);
    if (action.handler == ACTION_IGNORE && !is_fault)
        return;
    if (action.handler == ACTION_DEFAULT || action.handler == ACTION_IGNORE)
        inject_kill(info->signo);
    else
        handler_call(info, uc, &action);
}
