/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EENTER, ERESUME, EEXIT, asynchronous exit and EDECCSSA on the context of a signal.
 *
 * The manual's pseudo-code for these leaves (SDM 36.3, chapter 37) is followed check by check,
 * because which fault comes first can be seen by a program. The registers of the thread are the
 * context's; FS and GS are in the thread's block (entry.S has saved them and loads them again);
 * the extended state goes between the XSAVE image of the signal frame and the SSA (xsave.h).
 *
 * A TCS is busy while a thread is inside: one compare-and-swap of its state claims it, and the
 * thread that has claimed it may change the rest. Each failure after that gives the TCS back.
 *
 * At an asynchronous exit the registers become the synthetic state of the manual: RAX is ERESUME,
 * RBX the TCS, RCX the AEP, RSP and RBP are the host's from the SSA, and all others are zero, so
 * that nothing of the enclave reaches the host.
 */
#include "emulator/cpu/transition.h"

#include <stdatomic.h>

#include "emulator/cpu/fast.h"
#include "emulator/cpu/xsave.h"
#include "sgx/tcs.h"

#define FLAGS_TRAP   UINT64_C(0x100)
#define FLAGS_ALWAYS UINT64_C(0x202) /* bit 1 and IF, which are set in user code */
#define FLAGS_SETTABLE                                                                             \
    UINT64_C(0x244cd5) /* CF PF AF ZF SF DF OF NT AC ID: user code may set them */
#define FLAGS_EXIT_CLEARED UINT64_C(0x108d5) /* CF PF AF ZF SF OF RF: SDM 40.1 */

static struct tcs_page *tcs_at(const struct enclave *e, uint64_t address)
{
    return (struct tcs_page *)enclave_byte(e, address);
}

static bool is_canonical(uint64_t address)
{
    return address >> 47 == 0 || address >> 47 == 0x1ffff;
}

static uint64_t frame_size(const struct enclave *e)
{
    return (uint64_t)e->shared->secs.ssa_frame_size << SGX_PAGE_SHIFT;
}

/* The linear address of an SSA frame; 0 unless all its pages are readable and writable REG
 * pages. */
static uint64_t frame_address(const struct enclave *e, const struct tcs_page *tcs, uint32_t index)
{
    uint64_t size = frame_size(e), at = e->base + tcs->ossa + size * index;

    if (!sgx_page_table_contains(&e->shared->pages, at, size))
        return 0;
    for (uint64_t page = at; page < at + size; page += SGX_PAGE_SIZE)
        if (!sgx_page_table_access(&e->shared->pages, page, SGX_SECINFO_R | SGX_SECINFO_W))
            return 0;
    return at;
}

static struct sgx_gprsgx *frame_gprs(const struct enclave *e, uint64_t frame)
{
    return (struct sgx_gprsgx *)(enclave_byte(e, frame) + frame_size(e) - SGX_GPRSGX_SIZE);
}

static struct exception page_fault_of(uint64_t address, uint32_t error)
{
    return (struct exception){.vector = TRAP_PF, .address = address, .error = error | FAULT_USER};
}

/* The checks that EENTER and ERESUME share, in the manual's order. On success the TCS is busy. */
static struct exception tcs_claim(struct kernel_context *uc, struct enclave **ret_enclave)
{
    uint64_t address = uc->regs.rbx, idle = 0;
    struct enclave *e = enclave_at(address);
    struct sgx_page page;
    struct tcs_page *tcs;

    if (address % SGX_PAGE_SIZE)
        return EXCEPTION_GP;
    if (!e)
        return page_fault_of(address, 0);
    if (!is_canonical(uc->regs.rcx))
        return EXCEPTION_GP;
    page = sgx_page_table_load(&e->shared->pages, address);
    if (!page.valid || page.type != SGX_PT_TCS ||
        page.state & (SGX_SECINFO_PENDING | SGX_SECINFO_MODIFIED))
        return page_fault_of(address, FAULT_SGX | FAULT_PRESENT);
    if (atomic_load(&e->shared->state) != ENCLAVE_INITIALIZED)
        return EXCEPTION_GP;
    tcs = tcs_at(e, address);
    if (!(tcs->flags & SGX_TCS_AEXNOTIFY) !=
        !(e->shared->secs.attributes.flags & SGX_ATTRIBUTE_AEXNOTIFY))
        return EXCEPTION_GP;
    if (!is_canonical(e->base + tcs->ofs_base) || !is_canonical(e->base + tcs->ogs_base))
        return EXCEPTION_GP;
    if (!atomic_compare_exchange_strong(&tcs->state, &idle, 1))
        return EXCEPTION_GP;
    *ret_enclave = e;
    return EXCEPTION_NONE;
}

static struct exception tcs_drop(struct tcs_page *tcs, struct exception why)
{
    atomic_store(&tcs->state, 0);
    return why;
}

static void thread_enter(struct thread *t, struct enclave *e, uint64_t tcs)
{
    __asm__ volatile("rdfsbase %0" : "=r"(t->host_fs));
    __asm__ volatile("rdgsbase %0" : "=r"(t->host_gs));
    t->enclave = e;
    t->tcs = tcs;
    t->page = tcs_at(e, tcs);
    t->inside = 1;
}

/* Components outside XFRM are in their initial state inside. */
static void outside_take(struct thread *t, struct kernel_regs *r)
{
    t->outside = xsave_outside_take(&xsave_layout, (uint8_t *)r->fpstate,
                                    t->enclave->shared->secs.attributes.xfrm, thread_state_area(t));
}

void transition_give_outside(struct thread *t, struct kernel_regs *r)
{
    xsave_outside_give(&xsave_layout, t->enclave->shared->secs.attributes.xfrm, t->outside,
                       thread_state_area(t), (uint8_t *)r->fpstate);
    t->outside = 0;
}

/* Enter at the entry point with the next SSA frame, if one is free. EENTER and an ERESUME that
 * notifies end with this. */
static struct exception tcs_enter(struct thread *t, struct kernel_context *uc, struct enclave *e,
                                  struct tcs_page *tcs)
{
    struct kernel_regs *r = &uc->regs;
    struct sgx_gprsgx *gprs;
    uint64_t frame;

    if (tcs->cssa >= tcs->nssa)
        return tcs_drop(tcs, EXCEPTION_GP);
    frame = frame_address(e, tcs, tcs->cssa);
    if (!frame)
        return tcs_drop(tcs, page_fault_of(e->base + tcs->ossa, FAULT_SGX));
    gprs = frame_gprs(e, frame);
    gprs->ursp = r->rsp;
    gprs->urbp = r->rbp;
    tcs->aep = r->rcx;
    thread_enter(t, e, r->rbx);
    t->enclave_fs = e->base + tcs->ofs_base;
    t->enclave_gs = e->base + tcs->ogs_base;
    fast_remember(t, e, frame + frame_size(e) - SGX_GPRSGX_SIZE);
    outside_take(t, r);
    r->rax = tcs->cssa;
    r->rcx = r->rip + SGX_ENCLU_SIZE;
    r->rip = e->base + tcs->oentry;
    r->rflags &= ~FLAGS_TRAP;
    return EXCEPTION_NONE;
}

struct exception eenter(struct thread *t, struct kernel_context *uc)
{
    struct enclave *e;
    struct exception fault = tcs_claim(uc, &e);

    return fault.vector >= 0 ? fault : tcs_enter(t, uc, e, tcs_at(e, uc->regs.rbx));
}

/* -- general registers: struct kernel_regs and GPRSGX have the same ones in different order -- */

static void gprs_store(const struct kernel_regs *r, struct sgx_gprsgx *g)
{
    g->rax = r->rax, g->rcx = r->rcx, g->rdx = r->rdx, g->rbx = r->rbx;
    g->rsp = r->rsp, g->rbp = r->rbp, g->rsi = r->rsi, g->rdi = r->rdi;
    g->r8 = r->r8, g->r9 = r->r9, g->r10 = r->r10, g->r11 = r->r11;
    g->r12 = r->r12, g->r13 = r->r13, g->r14 = r->r14, g->r15 = r->r15;
    g->rflags = r->rflags & ~FLAGS_TRAP;
    g->rip = r->rip;
}

static void gprs_load(struct kernel_regs *r, const struct sgx_gprsgx *g)
{
    r->rax = g->rax, r->rcx = g->rcx, r->rdx = g->rdx, r->rbx = g->rbx;
    r->rsp = g->rsp, r->rbp = g->rbp, r->rsi = g->rsi, r->rdi = g->rdi;
    r->r8 = g->r8, r->r9 = g->r9, r->r10 = g->r10, r->r11 = g->r11;
    r->r12 = g->r12, r->r13 = g->r13, r->r14 = g->r14, r->r15 = g->r15;
    r->rflags = (g->rflags & FLAGS_SETTABLE) | FLAGS_ALWAYS;
    r->rip = g->rip;
}

struct exception eresume(struct thread *t, struct kernel_context *uc)
{
    struct kernel_regs *r = &uc->regs;
    uint64_t rsp = r->rsp, rbp = r->rbp, aep = r->rcx, address = r->rbx, frame;
    struct exception fault;
    struct sgx_gprsgx *gprs;
    struct tcs_page *tcs;
    struct enclave *e;

    fault = tcs_claim(uc, &e);
    if (fault.vector >= 0)
        return fault;
    tcs = tcs_at(e, address);
    if (tcs->cssa == 0)
        return tcs_drop(tcs, EXCEPTION_GP);
    frame = frame_address(e, tcs, tcs->cssa - 1);
    if (!frame)
        return tcs_drop(tcs, page_fault_of(e->base + tcs->ossa, FAULT_SGX));
    gprs = frame_gprs(e, frame);
    if (tcs->flags & SGX_TCS_AEXNOTIFY && gprs->aexnotify & SGX_GPRSGX_AEXNOTIFY)
        return tcs_enter(t, uc, e, tcs);
    if (!xsave_is_valid(enclave_byte(e, frame), e->shared->secs.attributes.xfrm) ||
        !is_canonical(gprs->rip) || !is_canonical(gprs->fsbase) || !is_canonical(gprs->gsbase))
        return tcs_drop(tcs, EXCEPTION_GP);
    xsave_load(&xsave_layout, enclave_byte(e, frame), e->shared->secs.attributes.xfrm,
               (uint8_t *)uc->regs.fpstate);
    gprs_load(r, gprs);
    gprs->ursp = rsp;
    gprs->urbp = rbp;
    tcs->cssa--;
    tcs->aep = aep;
    thread_enter(t, e, address);
    if (t->fast.tcs != address)
        t->fast.generation = 0;
    outside_take(t, r);
    t->enclave_fs = gprs->fsbase;
    t->enclave_gs = gprs->gsbase;
    return EXCEPTION_NONE;
}

struct exception eexit(struct thread *t, struct kernel_context *uc)
{
    struct tcs_page *tcs = tcs_at(t->enclave, t->tcs);

    if (!is_canonical(uc->regs.rbx))
        return EXCEPTION_GP;
    transition_give_outside(t, &uc->regs);
    uc->regs.rcx = tcs->aep;
    uc->regs.rip = uc->regs.rbx;
    atomic_store(&tcs->state, 0);
    return EXCEPTION_NONE;
}

static void frame_fill(const struct thread *t, const struct kernel_context *uc, uint64_t frame,
                       struct exception why)
{
    const struct enclave *e = t->enclave;
    const struct sgx_secs *secs = &e->shared->secs;
    struct sgx_gprsgx *gprs = frame_gprs(e, frame);
    struct sgx_exinfo *info = (struct sgx_exinfo *)((uint8_t *)gprs - SGX_EXINFO_SIZE);
    bool recorded =
        secs->miscselect & SGX_MISC_EXINFO && (why.vector == TRAP_PF || why.vector == TRAP_GP);

    xsave_store(&xsave_layout, (const uint8_t *)uc->regs.fpstate, secs->attributes.xfrm,
                enclave_byte(e, frame));
    gprs_store(&uc->regs, gprs);
    gprs->fsbase = t->enclave_fs;
    gprs->gsbase = t->enclave_gs;
    gprs->exitinfo = why.vector < 0 ? 0 : sgx_ssa_exitinfo((unsigned)why.vector, secs->miscselect);
    if (recorded)
        *info = (struct sgx_exinfo){.maddr = why.address, .errcd = why.error};
}

void aex(struct thread *t, struct kernel_context *uc, struct exception why)
{
    struct tcs_page *tcs = tcs_at(t->enclave, t->tcs);
    uint64_t frame = frame_address(t->enclave, tcs, tcs->cssa);
    struct kernel_regs *r = &uc->regs;
    uint64_t rflags = r->rflags, ursp = r->rsp, urbp = r->rbp;

    if (frame) {
        frame_fill(t, uc, frame, why);
        ursp = frame_gprs(t->enclave, frame)->ursp;
        urbp = frame_gprs(t->enclave, frame)->urbp;
    }
    r->r8 = r->r9 = r->r10 = r->r11 = r->r12 = r->r13 = r->r14 = r->r15 = 0;
    r->rdi = r->rsi = r->rdx = 0;
    r->rax = SGX_ERESUME;
    r->rbx = t->tcs;
    r->rcx = r->rip = tcs->aep;
    r->rsp = ursp;
    r->rbp = urbp;
    r->rflags = rflags & ~(FLAGS_TRAP | FLAGS_EXIT_CLEARED);
    xsave_reset((uint8_t *)r->fpstate, t->enclave->shared->secs.attributes.xfrm);
    transition_give_outside(t, r);
    tcs->cssa++;
    atomic_store(&tcs->state, 0);
}

struct exception edeccssa(struct thread *t)
{
    struct tcs_page *tcs = tcs_at(t->enclave, t->tcs);

    if (tcs->cssa == 0)
        return EXCEPTION_GP;
    tcs->cssa--;
    return EXCEPTION_NONE;
}
