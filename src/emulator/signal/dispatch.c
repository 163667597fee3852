/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a signal becomes an event of SGX.
 *
 * A processor without SGX raises an exception at ENCLU, and the kernel makes a signal of it.
 * entry.S takes the signal on the thread's own signal stack, restores the host's FS and GS, which C
 * code needs, and calls dispatch_signal(). All work from there on is an edit of the signal's
 * context: the handler ends with rt_sigreturn, which loads the edited registers, and so the thread
 * continues inside the enclave, outside of it, or in a handler of the application. No function here
 * ever runs application code, so the signal stack is empty again before the next application
 * instruction.
 *
 * fast_settle() comes first, because the signal may have interrupted an enclave transition that
 * needs no signal (cpu/fast.c). It finishes or undoes the transition and tells whether the thread
 * is inside.
 *
 * Outside an enclave, a fault is one of these, in this order:
 *   - a fault of copy_user(): the copy ends with -EFAULT;
 *   - a breakpoint at CPUID, or one of the dynamic linker (cpu/cpuid.c);
 *   - an ENCLU: EENTER or ERESUME is executed on the context, or its fault is reported;
 *   - an access to an enclave page that is not there yet: the page is added (EAUG), and the access
 *     becomes an SGX fault, or SIGBUS when no page can be added;
 *   - a fault of the application, which it gets as the kernel would have delivered it.
 *
 * Inside, an ENCLU of the enclave is executed on the context, and so is an instruction that depends
 * on XCR0 (cpu/xcr0.c). Every other exception, and each signal that somebody sent, is an
 * asynchronous enclave exit: aex() saves the registers to the SSA and moves the context to the AEP.
 * Then the host learns of the exception. When the AEP is the ENCLU of our vDSO function, the
 * function reports it in struct sgx_enclave_run, as on Linux; else the application gets a signal.
 *
 * A signal may also come where that path does not work, and has an entry of its own then: one that
 * interrupts the emulator on the same signal stack (dispatch_nested), and the first signal of a
 * thread that the emulator has not seen yet (dispatch_unarmed).
 */
#include "emulator/cpu/augment.h"
#include "emulator/cpu/cpuid.h"
#include "emulator/cpu/enclu.h"
#include "emulator/cpu/exit_jump.h"
#include "emulator/cpu/fast.h"
#include "emulator/cpu/machine.h"
#include "emulator/cpu/patch.h"
#include "emulator/cpu/xcr0.h"
#include "emulator/signal/entry.h"
#include "emulator/signal/inject.h"
#include "emulator/sys.h"
#include "crypto_bare/mem.h"

static_assert(offsetof(struct kernel_context, regs.rsp) == CONTEXT_RSP, "layout.h");

static const uint8_t enclu_bytes[SGX_ENCLU_SIZE] = {SGX_ENCLU_BYTES};

/* Is @rip after the INT3 of a site that the enclave has copied to another address? The rest of an
 * ENCLU, which alone is ADD %EDX, %EDI, does not follow a breakpoint of the enclave's own. */
static bool is_copied_patch(uint64_t rip)
{
    uint8_t rest[SGX_ENCLU_SIZE - 1];

    return signals_copy_user(rest, (const void *)rip, sizeof(rest)) == 0 &&
           memcmp(rest, enclu_bytes + 1, sizeof(rest)) == 0;
}

/*
 * Can an ENCLU have raised this exception? That depends on the processor. It is #UD where SGX is
 * absent or disabled. Where SGX is enabled and a hypervisor only hides it in CPUID, EENTER and
 * ERESUME raise #PF for a page that is not in the EPC, with or without the SGX bit, and the other
 * leaves raise #GP. A page fault of the instruction fetch happens before the instruction executes,
 * so ENCLU has not raised it.
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
    if (signals_copy_user(bytes, (const void *)uc->regs.rip, sizeof(bytes)) == 0 &&
        memcmp(bytes, enclu_bytes, sizeof(bytes)) == 0) {
        patch_site(e, uc->regs.rip);
        return true;
    }
    /* Another thread may have patched it meanwhile. It notes the site before it writes, so the
     * order of these two looks matters: changed bytes belong to a site that is noted. */
    return patch_at(uc->regs.rip) == PATCH_ENCLU;
}

/* Report an exception at the AEP, or one that ENCLU itself has raised, as the kernel would. */
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

/* IN, INS, OUT, OUTS and INT n raise #GP in every program, but #UD in an enclave. */
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

/* Take an instruction that is #UD inside an enclave: SYSCALL, CPUID, I/O, and INT3 while no
 * debugger has opted in. #UD is a fault, so RIP moves back from the end of SYSCALL or INT3 to its
 * beginning (SDM 43.4.1 for INT3), and RAX is again the number of the call. */
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

/* The vector, error code and address of a fault inside. Where the application's mapping allows the
 * access, the state of the page forbids it: that is an SGX fault, with bit 15 and "present" set. */
static struct exception exception_of(const struct thread *t, const struct kernel_siginfo *info,
                                     const struct kernel_context *uc)
{
    struct exception why = {.vector = (int)uc->regs.trap, .error = (uint32_t)uc->regs.error};
    const struct enclave *e = t->enclave;
    uint8_t need = SGX_SECINFO_R;

    if (why.vector != TRAP_PF)
        return why;
    why.address = info->address;
    if (info->address - e->base >= e->size)
        return why;
    why.address = sgx_page_down(info->address);
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
    struct xcr0_instruction in;

    if (exit_jump_take(info, uc)) {
        t->inside = 1;
        return;
    }
    if (enclu_take(t->enclave, info, uc)) {
        bool is_exit = (uint32_t)uc->regs.rax == SGX_EEXIT;

        why = enclu_inside(t, uc);
        if (why.vector < 0) {
            t->inside = !is_exit;
            return;
        }
    } else if (xcr0_take(t->enclave, info, uc, &in)) {
        why = xcr0_execute(t, uc, &in);
        if (why.vector < 0) {
            t->inside = 1;
            return;
        }
    } else if (!undefined_take(info, uc)) {
        why = exception_of(t, info, uc);
        if (why.vector == TRAP_PF && info->address - t->enclave->base < t->enclave->size)
            (void)augment_page(t->enclave, info->address);
    }
    aex(t, uc, why);
    if (why.vector == TRAP_PF)
        why.address = sgx_page_down(why.address);
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

/* The host accesses an enclave page that is not there. Like the kernel, add a page or raise SIGBUS;
 * @ret_info is the signal that the application gets. */
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
        return false; /* the page is pending now: an SGX fault, which the kernel makes SIGSEGV */
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
    info = machine_signal(info, uc);
    if (fast_settle(t, uc, was_inside))
        inside_signal(t, info, uc);
    else
        outside_signal(t, info, uc);
}

/* A signal has interrupted the emulator on this thread's signal stack. After a fault of copy_user()
 * the copy ends with -EFAULT. Any other fault is a bug of the emulator and ends the process. A
 * signal that somebody sent is sent again, and stays blocked until the emulator is done. */
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

/*
 * The first signal of a thread came on a stack of the application, which may have no room for the
 * emulator. The thread gets a slot, its frame is copied to the signal stack there, and entry.S goes
 * on from the copy. sigaltstack() fails when RSP is in the signal stack that it should replace; the
 * copied frame names the new signal stack too, so rt_sigreturn installs it at the latest.
 */
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
