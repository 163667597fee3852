/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entering and leaving an enclave without a signal.
 *
 * A signal costs microseconds, SGX's own transitions far less, so programs with many calls would be
 * much slower here. An EENTER of our vDSO function to the TCS that the thread entered last needs no
 * check again: all that EENTER would compute is remembered in the thread's block (fast_remember),
 * and the assembly after fast_enter_begin in entry.S uses it. An EEXIT in the enclave becomes a
 * jump to fast_exit_jump (exit_jump.c). In the tier "call" it becomes CALL *%RAX instead, with
 * RAX = 4, the number of EEXIT, which fits into the three bytes of ENCLU: a page is mapped at
 * address zero, and code there jumps to fast_exit. Only a process that vm.mmap_min_addr does not
 * bind may map address zero.
 *
 * The assembly must know its thread, with an FS that may be the enclave's and without a free
 * register. Every thread has a descriptor in the LDT with the number of its slot, and its selector
 * in ES, which 64-bit code does not use. A new thread inherits ES from its creator, so the host's
 * FS base has to match as well.
 *
 * The remembered facts may become stale: an enclave is released, a page becomes a TCS. Then
 * fast_forget() counts fast_generation up, and nothing that was remembered before counts any more.
 *
 * A signal may come at any instruction of these paths. fast_settle() looks at RIP, and undoes or
 * finishes what was begun, so that the rest of the emulator sees a thread that is inside or outside
 * and never between:
 *   - entering, before "commit": undone, with RIP back at the ENCLU of the vDSO function, because
 *     the handler may enter another TCS and nothing of this entry may be left then;
 *   - entering, after "commit": finished, with RIP at the enclave's entry point;
 *   - leaving by a call, before FS and GS begin to change: undone, with RIP back at the site;
 *   - leaving by a jump, which does not tell its site, or later: finished, with RIP at the target
 * of EEXIT.
 */
#include "emulator/cpu/fast.h"

#include <asm/ldt.h>
#include <stdatomic.h>

#include "emulator/signal/entry.h"
#include "emulator/cpu/xsave.h"
#include "emulator/sys.h"
#include "crypto_bare/mem.h"

enum {
    ZERO_JUMP_AT = 18,     /* the address after the jump's 6 bytes is aligned: AC may be set */
    LDT_WRITE = 0x11,      /* modify_ldt() in its new mode: an empty segment is not removed */
    SELECTOR_LDT_USER = 7, /* table indicator and privilege level 3 */
    CALL_SIZE = 2,         /* bytes of CALL *%RAX */
    MEMBARRIER_SYNC_CORE = 1 << 5,
    MEMBARRIER_REGISTER_SYNC_CORE = 1 << 6,
    CARRY_FLAG = 1,
};

_Atomic uint64_t fast_generation __attribute__((visibility("hidden")));

static bool has_calls;

/* Map the page at zero. CALL *%RAX arrives at one of its first bytes, whatever leaf RAX is; they
 * are NOP and lead to a jump. */
static bool zero_page_map(void)
{
    static const uint8_t jump[] = {0xff, 0x25, 0, 0, 0, 0}; /* JMP *0(%RIP) */
    const uint8_t *target = fast_exit;
    uint8_t code[64];
    volatile uint8_t *page = NULL;
    long at = sys_mmap(0, SGX_PAGE_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

    if (at != 0)
        return false;
    memset(code, 0x90, sizeof(code));
    memcpy(code + ZERO_JUMP_AT, jump, sizeof(jump));
    memcpy(code + ZERO_JUMP_AT + sizeof(jump), &target, sizeof(target));
    __asm__("" : "+r"(page)); /* address zero is memory here */
    for (size_t i = 0; i < sizeof(code); i++)
        page[i] = code[i];
    return sys_mprotect(0, SGX_PAGE_SIZE, PROT_EXEC) == 0;
}

void fast_setup(bool calls)
{
    atomic_store(&fast_generation, 1);
    has_calls = calls && zero_page_map() &&
                sys_call3(__NR_membarrier, MEMBARRIER_REGISTER_SYNC_CORE, 0, 0) == 0;
}

void fast_mark(unsigned index)
{
    struct user_desc entry = {.entry_number = index + 1, /* selector 0 stands for none */
                              .seg_32bit = 1,
                              .contents = MODIFY_LDT_CONTENTS_DATA,
                              .read_exec_only = 1,
                              .useable = 1};
    unsigned selector = (index + 1) << 3 | SELECTOR_LDT_USER;

    if (!atomic_load(&fast_generation) ||
        sys_call3(__NR_modify_ldt, LDT_WRITE, (long)&entry, sizeof(entry)) != 0)
        return;
    __asm__ volatile("mov %0, %%es" : : "r"(selector));
}

void fast_remember(struct thread *t, const struct enclave *e, uint64_t frame)
{
    uint64_t outside = xsave_outside(&xsave_layout, e->shared->secs.attributes.xfrm);

    t->fast.generation = 0;
    if (t->page->cssa != 0 || (outside && !xsave_layout.has_compaction))
        return;
    t->fast.outside = outside;
    t->fast.tcs = t->tcs;
    t->fast.page = t->page;
    t->fast.gprs = (struct sgx_gprsgx *)enclave_byte(e, frame);
    t->fast.entry = e->base + t->page->oentry;
    t->fast.fs = t->enclave_fs;
    t->fast.gs = t->enclave_gs;
    t->fast.generation = atomic_load(&fast_generation);
}

void fast_forget(void)
{
    if (atomic_load(&fast_generation))
        atomic_fetch_add(&fast_generation, 1);
}

static bool is_between(uint64_t rip, const uint8_t *first, const uint8_t *end)
{
    return rip >= (uint64_t)first && rip < (uint64_t)end;
}

static void host_bases_restore(const struct thread *t)
{
    __asm__ volatile("wrfsbase %0" : : "r"(t->host_fs));
    __asm__ volatile("wrgsbase %0" : : "r"(t->host_gs));
}

/* Where the host's state is in the registers still, or again, nothing of it is in the block. */
static void state_give(struct thread *t, struct kernel_regs *r)
{
    if (t->outside)
        transition_give_outside(t, r);
}

/* Undo an entry: back to the ENCLU of the vDSO function, with the TCS as it was. */
static void enter_undo(struct thread *t, struct kernel_regs *r)
{
    bool claimed = r->rip >= (uint64_t)fast_enter_claimed ||
                   (r->rip == (uint64_t)fast_enter_decide && !(r->rflags & CARRY_FLAG));

    if (is_between(r->rip, fast_enter_state, fast_enter_stated))
        r->rdx = t->rdx;
    state_give(t, r);
    if (r->rip >= (uint64_t)fast_enter_claimed)
        host_bases_restore(t);
    if (r->rip >= (uint64_t)fast_enter_taken)
        r->rbx = t->fast.tcs;
    if (claimed)
        atomic_store(&t->fast.page->state, 0);
    r->rip = (uint64_t)vdso_enclu;
    r->rcx = (uint64_t)vdso_enclu;
    r->rax = SGX_EENTER;
}

static void enter_finish(const struct thread *t, struct kernel_regs *r)
{
    r->rip = t->fast.entry;
    r->rcx = (uint64_t)vdso_return;
    r->rax = 0;
}

static void exit_finish(struct thread *t, struct kernel_regs *r)
{
    if (is_between(r->rip, fast_exit_state, fast_exit_stated))
        r->rdx = t->rdx;
    state_give(t, r);
    r->rcx = t->page->aep;
    if (!is_between(r->rip, fast_exit_released, fast_exit_end))
        atomic_store(&t->page->state, 0);
    r->rax = SGX_EEXIT;
    r->rip = r->rbx;
}

static bool is_before_exit(uint64_t rip)
{
    return has_calls && (rip < SGX_PAGE_SIZE || is_between(rip, fast_exit, fast_exit_begin));
}

static void call_undo(struct kernel_regs *r)
{
    r->rip = *(const uint64_t *)r->rsp - CALL_SIZE;
    r->rsp += 8;
}

bool fast_settle(struct thread *t, struct kernel_context *uc, bool was_inside)
{
    struct kernel_regs *r = &uc->regs;

    if (!was_inside && is_between(r->rip, fast_enter_begin, fast_enter_commit)) {
        enter_undo(t, r);
        return false;
    }
    if (was_inside && is_between(r->rip, fast_enter_commit, fast_enter_end)) {
        enter_finish(t, r);
        return true;
    }
    if (is_between(r->rip, fast_exit_begin, fast_exit_end) ||
        (was_inside && is_between(r->rip, fast_exit_jump, fast_exit_jump_end))) {
        exit_finish(t, r);
        return false;
    }
    if (was_inside && is_before_exit(r->rip))
        call_undo(r);
    return was_inside;
}

bool fast_patch(volatile uint8_t *bytes)
{
    if (!has_calls)
        return false;
    bytes[1] = 0xd0;
    bytes[2] = 0x90;
    (void)sys_call3(__NR_membarrier, MEMBARRIER_SYNC_CORE, 0, 0);
    bytes[0] = 0xff;
    return true;
}

bool fast_call_undo(struct kernel_context *uc)
{
    if (uc->regs.rip == (uint64_t)fast_exit_jump_end + 1) /* without a selector: RAX is EEXIT */
        return true;
    if (!has_calls || uc->regs.rip != (uint64_t)fast_exit_slow + 1)
        return false;
    call_undo(&uc->regs);
    return true;
}
