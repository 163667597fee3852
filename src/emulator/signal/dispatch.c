/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every signal that is ours comes here from entry.S, on the thread's signal stack, with the host's
 * FS and GS and with the asynchronous signals blocked. The context in @uc is what the thread will
 * continue with; all effects are edits of it.
 */
#include "emulator/cpu/augment.h"
#include "emulator/cpu/cpuid.h"
#include "emulator/cpu/enclu.h"
#include "emulator/cpu/fast.h"
#include "emulator/cpu/patch.h"
#include "emulator/signal/entry.h"
#include "emulator/signal/inject.h"
#include "emulator/sys.h"
#include "crypto_bare/mem.h"

static_assert(offsetof(struct kernel_context, regs.rsp) == CONTEXT_RSP, "layout.h");

static const uint8_t enclu_bytes[SGX_ENCLU_SIZE] = {SGX_ENCLU_BYTES};

/* Is @rip after the INT3 of a site that the enclave has copied to another address? A breakpoint of
 * the enclave's own is not followed by the rest of an ENCLU, which alone would be ADD %EDX, %EDI.
 */
static bool is_copied_patch(uint64_t rip)
{
    uint8_t rest[SGX_ENCLU_SIZE - 1];

    return signals_copy_user(rest, (const void *)rip, sizeof(rest)) == 0 &&
           memcmp(rest, enclu_bytes + 1, sizeof(rest)) == 0;
}

/*
 * May an ENCLU have raised this? Its exception depends on the processor: #UD where SGX is absent or
 * switched off. Where SGX is on and a hypervisor only hides it in CPUID, EENTER and ERESUME of a
 * page that is no EPC raise #PF, with or without the SGX bit, and the other leaves raise #GP. A
 * page fault while the instruction is fetched comes before the instruction and is not its own.
 */
static bool enclu_may_raise(const struct kernel_siginfo *info, const struct kernel_context *uc)
{
    if (info->signo == SIGNAL_ILL)
        return true;
    if (info->signo != SIGNAL_SEGV)
        return false;
    return uc->regs.trap == TRAP_GP ||
           (uc->regs.trap == TRAP_PF && !(uc->regs.error & FAULT_FETCH));
}

/*
 * Take the signal for an ENCLU: RIP is at the instruction after its own exception, or after the
 * INT3 that replaced its first byte, or in a call that replaced it. Then move RIP to the
 * instruction, and patch it when it is not patched yet. Return: false when it is no ENCLU.
 */
static bool enclu_take(struct enclave *e, const struct kernel_siginfo *info,
                       struct kernel_context *uc)
{
    uint8_t bytes[SGX_ENCLU_SIZE];

    if (info->signo == SIGNAL_TRAP && uc->regs.trap == TRAP_BP) {
        if (fast_call_undo(uc))
            return true;
        if (!patch_has_trapped(PATCH_ENCLU, info, uc) && !(e && is_copied_patch(uc->regs.rip)))
            return false;
        uc->regs.rip--;
        return true;
    }
    if (!enclu_may_raise(info, uc))
        return false;
    if (patch_at(uc->regs.rip) == PATCH_ENCLU) /* another thread has patched it meanwhile */
        return true;
    if (signals_copy_user(bytes, (const void *)uc->regs.rip, sizeof(bytes)) < 0 ||
        memcmp(bytes, enclu_bytes, sizeof(bytes)) != 0)
        return false;
    patch_site(e, uc->regs.rip);
    return true;
}

/* What the kernel would report for an exception of the AEP, or of ENCLU itself. */
static void exception_report(struct thread *t, const struct kernel_siginfo *cause,
                             struct kernel_context *uc, struct exception why)
{
    struct kernel_siginfo info = *cause;
    struct kernel_regs *r = &uc->regs;

    if (r->rip == (uint64_t)vdso_enclu && why.vector != TRAP_DB && why.vector != TRAP_BP) {
        r->rdi = (uint64_t)why.vector;
        r->rsi = why.error;
        r->rdx = why.address;
        r->rip = (uint64_t)vdso_fault;
        return;
    }
    r->trap = (uint64_t)why.vector;
    r->error = why.error;
    r->cr2 = why.address;
    info.address = r->rip;
    if (why.vector == TRAP_GP || why.vector == TRAP_PF) {
        info.signo = SIGNAL_SEGV;
        info.code = why.vector == TRAP_PF ? SIGNAL_CODE_SEGV_ACCERR : SIGNAL_CODE_KERNEL;
        info.address = why.address;
    } else if (why.vector == TRAP_UD) {
        info.signo = SIGNAL_ILL;
        info.code = SIGNAL_CODE_ILL_ILLOPN;
    }
    inject_deliver(t, &info, uc, false);
}

static bool is_prefix(uint8_t byte)
{
    return byte == 0x66 || byte == 0x67 || byte == 0xf2 || byte == 0xf3 || (byte & 0xf0) == 0x40;
}

/* IN, INS, OUT, OUTS and INT n: #GP in any program, #UD in an enclave. */
static bool is_forbidden(const struct kernel_siginfo *info, const struct kernel_context *uc)
{
    uint8_t code[4];
    size_t i = 0;

    if (info->signo != SIGNAL_SEGV || uc->regs.trap != TRAP_GP ||
        signals_copy_user(code, (const void *)uc->regs.rip, sizeof(code)) < 0)
        return false;
    while (i + 1 < sizeof(code) && is_prefix(code[i]))
        i++;
    return code[i] == 0xcd || (code[i] & 0xfc) == 0x6c || (code[i] & 0xf4) == 0xe4;
}

/* SYSCALL and CPUID are #UD inside. So is INT3 while no debugger has opted in, as a fault and not a
 * trap (SDM 43.4.1): RIP goes back to the instruction. */
static bool undefined_take(const struct kernel_siginfo *info, struct kernel_context *uc)
{
    if (info->signo == SIGNAL_SYS) {
        uc->regs.rip -= 2;
        uc->regs.rax = (uint64_t)info->syscall;
        return true;
    }
    if (info->signo != SIGNAL_TRAP || uc->regs.trap != TRAP_BP)
        return cpuid_is_fault(info, uc) || is_forbidden(info, uc);
    uc->regs.rip--;
    return true;
}

/* The vector, error code and address of a fault inside. A page that the application's mapping
 * allows but the enclave's own state forbids is an SGX fault: bit 15, and the page is present. */
static struct exception exception_of(const struct thread *t, const struct kernel_siginfo *info,
                                     const struct kernel_context *uc)
{
    struct exception why = {.vector = (int)uc->regs.trap, .error = (uint32_t)uc->regs.error};
    const struct enclave *e = t->enclave;
    uint8_t need = SGX_SECINFO_R;

    if (why.vector != TRAP_PF)
        return why;
    why.address = sgx_page_down(info->address);
    if (info->address - e->base >= e->size)
        return why;
    if (why.error & FAULT_WRITE)
        need = SGX_SECINFO_W;
    else if (why.error & FAULT_FETCH)
        need = SGX_SECINFO_X;
    if (page_prot_get(&e->mapped, enclave_page_index(e, why.address)) & need)
        why.error |= FAULT_SGX | FAULT_PRESENT;
    return why;
}

static void inside_exception(struct thread *t, const struct kernel_siginfo *info,
                             struct kernel_context *uc)
{
    struct exception why = {.vector = TRAP_UD};

    if (enclu_take(t->enclave, info, uc)) {
        bool is_exit = (uint32_t)uc->regs.rax == SGX_EEXIT;

        why = enclu_inside(t, uc);
        if (why.vector < 0) {
            t->inside = !is_exit;
            return;
        }
    } else if (!undefined_take(info, uc)) {
        why = exception_of(t, info, uc);
        if (why.vector == TRAP_PF && info->address - t->enclave->base < t->enclave->size)
            (void)augment_page(t->enclave, info->address);
    }
    aex(t, uc, why);
    exception_report(t, info, uc, why);
}

static void inside_signal(struct thread *t, const struct kernel_siginfo *info,
                          struct kernel_context *uc)
{
    if (signals_is_fault(info)) {
        inside_exception(t, info, uc);
        return;
    }
    aex(t, uc, EXCEPTION_NONE);
    inject_deliver(t, info, uc, false);
}

/* The host touches enclave memory that is not there: the kernel adds a page, or sends SIGBUS. */
static bool outside_touch(const struct kernel_siginfo *info, const struct kernel_context *uc,
                          struct kernel_siginfo *ret_info)
{
    struct enclave *e = enclave_at(info->address);

    *ret_info = *info;
    if (info->signo != SIGNAL_SEGV || uc->regs.trap != TRAP_PF || !e)
        return false;
    if (sgx_page_table_load(&e->shared->pages, info->address).valid)
        return false;
    if (augment_page(e, info->address))
        return false; /* pending: the access is an SGX fault, which the kernel reports as SIGSEGV */
    ret_info->signo = SIGNAL_BUS;
    ret_info->code = SIGNAL_CODE_BUS_ADRERR;
    return true;
}

static void outside_signal(struct thread *t, const struct kernel_siginfo *info,
                           struct kernel_context *uc)
{
    bool is_fault = signals_is_fault(info);
    struct kernel_siginfo seen;

    if (is_fault && uc->regs.rip == (uint64_t)copy_user_fault) {
        uc->regs.rip = (uint64_t)copy_user_failed;
        return;
    }
    thread_after_fork(t);
    if (is_fault && cpuid_take(info, uc))
        return;
    if (is_fault && enclu_take(NULL, info, uc)) {
        struct exception why = enclu_outside(t, uc);

        if (why.vector >= 0)
            exception_report(t, info, uc, why);
        return;
    }
    (void)outside_touch(info, uc, &seen);
    inject_deliver(t, &seen, uc, is_fault);
}

void dispatch_signal(const struct kernel_siginfo *info, struct kernel_context *uc, struct thread *t,
                     unsigned was_inside)
{
    if (fast_settle(t, uc, was_inside))
        inside_signal(t, info, uc);
    else
        outside_signal(t, info, uc);
}

/* A signal that came while the emulator worked on this thread's signal stack: a fault of
 * signals_copy_user(), or one that another process sent, which waits until the work is done. */
void dispatch_nested(const struct kernel_siginfo *info, struct kernel_context *uc, struct thread *t)
{
    uint8_t selector = t->selector;
    uint64_t open = SIGNALS_OF_COPY;

    if (info->code > 0 && uc->regs.rip == (uint64_t)copy_user_fault) {
        uc->regs.rip = (uint64_t)copy_user_failed;
        return;
    }
    t->selector = SELECTOR_ALLOW;
    if (info->code > 0)
        inject_kill(info->signo);
    (void)sys_call4(__NR_rt_sigprocmask, 0, (long)&open, 0, sizeof(open));
    (void)sys_call4(__NR_rt_tgsigqueueinfo, sys_getpid(), sys_gettid(), info->signo, (long)info);
    uc->mask |= open;
    t->selector = selector;
}

/* A thread's first signal stands on the application's stack, where there is no room to work: it is
 * moved to the signal stack that the thread gets, and handled from there. The kernel does not
 * replace a signal stack that RSP is in; then it does when the handling returns. */
void *dispatch_unarmed(const struct kernel_siginfo *info, struct kernel_context *uc)
{
    struct kernel_stack stack;
    struct thread *t;

    if (info->code > 0 && uc->regs.rip == (uint64_t)copy_user_fault) {
        uc->regs.rip = (uint64_t)copy_user_failed;
        return NULL;
    }
    t = thread_adopt(&uc->stack);
    if (!t) {
        if (!signals_is_fault(info) || !cpuid_take(info, uc))
            inject_call(info, uc);
        return NULL;
    }
    stack = thread_signal_stack(t);
    (void)sys_call3(__NR_sigaltstack, (long)&stack, 0, 0);
    return (void *)inject_frame(stack.base + stack.size, info, uc, &stack);
}
