/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The leaves of ENCLU.
 *
 * src/sgx has the rules of EREPORT, EGETKEY and the SGX2 leaves as pure functions. Here their
 * operands are checked as the instruction checks them (alignment, range, rights of the page), the
 * function is called on the backing of the enclave's memory, and the result goes to RAX, RFLAGS and
 * RIP. Entering and leaving are in transition.c.
 *
 * An operand is read in the backing, not at its own address, so its rights are looked up in the
 * page table and no access can fault. EREPORT and EGETKEY write their output only after everything
 * was checked, because an instruction that faults changes nothing.
 */
#include "emulator/cpu/enclu.h"

#include "emulator/cpu/augment.h"
#include "emulator/cpu/xcr0.h"
#include "emulator/sys.h"
#include "crypto_bare/mem.h"
#include "sgx/dynamic.h"

#define FLAG_ZF      UINT64_C(0x40)
#define FLAGS_STATUS UINT64_C(0x8d5) /* CF PF AF ZF SF OF */

static struct sgx_platform platform;
static bool has_platform;

void enclu_set_platform(const struct sgx_platform *p)
{
    platform = *p;
    has_platform = true;
}

struct exception enclu_outside(struct thread *t, struct kernel_context *uc)
{
    switch ((uint32_t)uc->regs.rax) {
    case SGX_EENTER:
        return eenter(t, uc);
    case SGX_ERESUME:
        return eresume(t, uc);
    default:
        return EXCEPTION_GP;
    }
}

static struct exception fault_of(enum sgx_status status, uint64_t address)
{
    if (status == SGX_FAULT_GP)
        return EXCEPTION_GP;
    return (struct exception){
        .vector = TRAP_PF, .address = address, .error = FAULT_USER | FAULT_SGX | FAULT_PRESENT};
}

/* An operand is aligned, in the range of the enclave, and in pages that allow the access. */
static struct exception operand_check(const struct enclave *e, uint64_t address, uint64_t size,
                                      uint64_t align, uint8_t need)
{
    if (address % align || !sgx_page_table_contains(&e->shared->pages, address, size))
        return EXCEPTION_GP;
    if (!sgx_page_table_access(&e->shared->pages, address, need))
        return fault_of(SGX_FAULT_PF, address);
    return EXCEPTION_NONE;
}

static struct exception operands_check(const struct enclave *e, const struct kernel_regs *r,
                                       const uint64_t sizes[3], const uint64_t aligns[3],
                                       const uint8_t needs[3])
{
    const uint64_t addresses[3] = {r->rbx, r->rcx, r->rdx};

    for (size_t i = 0; i < 3; i++) {
        struct exception fault;

        if (sizes[i] == 0)
            continue;
        fault = operand_check(e, addresses[i], sizes[i], aligns[i], needs[i]);
        if (fault.vector >= 0)
            return fault;
    }
    return EXCEPTION_NONE;
}

/* The end of a leaf that returns a code in RAX: ZF is set for an error, other status flags are
 * clear. */
static struct exception leaf_return(struct kernel_context *uc, enum sgx_status status)
{
    uc->regs.rax = (uint64_t)status;
    uc->regs.rflags &= ~FLAGS_STATUS;
    if (status != SGX_SUCCESS)
        uc->regs.rflags |= FLAG_ZF;
    uc->regs.rip += SGX_ENCLU_SIZE;
    return EXCEPTION_NONE;
}

static struct exception leaf_ereport(struct thread *t, struct kernel_context *uc)
{
    static const uint64_t sizes[3] = {SGX_TARGETINFO_SIZE, SGX_REPORT_DATA_SIZE, SGX_REPORT_SIZE};
    static const uint64_t aligns[3] = {SGX_TARGETINFO_ALIGN, SGX_REPORT_DATA_ALIGN,
                                       SGX_REPORT_ALIGN};
    static const uint8_t needs[3] = {SGX_SECINFO_R, SGX_SECINFO_R, SGX_SECINFO_R | SGX_SECINFO_W};
    struct kernel_regs *r = &uc->regs;
    const struct enclave *e = t->enclave;
    struct exception fault = operands_check(e, r, sizes, aligns, needs);
    uint8_t report[SGX_REPORT_SIZE];

    if (fault.vector >= 0)
        return fault;
    if (!has_platform || sgx_ereport(&platform, &e->shared->secs, enclave_byte(e, r->rbx),
                                     enclave_byte(e, r->rcx), report) != SGX_SUCCESS)
        return EXCEPTION_GP;
    memcpy(enclave_byte(e, r->rdx), report, sizeof(report));
    r->rip += SGX_ENCLU_SIZE;
    return EXCEPTION_NONE;
}

static struct exception leaf_egetkey(struct thread *t, struct kernel_context *uc)
{
    static const uint64_t sizes[3] = {SGX_KEYREQUEST_SIZE, SGX_KEY_SIZE, 0};
    static const uint64_t aligns[3] = {SGX_KEYREQUEST_ALIGN, SGX_KEY_ALIGN, 1};
    static const uint8_t needs[3] = {SGX_SECINFO_R, SGX_SECINFO_R | SGX_SECINFO_W, 0};
    const struct enclave *e = t->enclave;
    struct exception fault = operands_check(e, &uc->regs, sizes, aligns, needs);
    enum sgx_status status;
    uint8_t key[SGX_KEY_SIZE];

    if (fault.vector >= 0)
        return fault;
    if (!has_platform)
        return EXCEPTION_GP;
    status = sgx_egetkey(&platform, &e->shared->secs, enclave_byte(e, uc->regs.rbx), key);
    if (status == SGX_FAULT_GP)
        return EXCEPTION_GP;
    if (status == SGX_SUCCESS)
        memcpy(enclave_byte(e, uc->regs.rcx), key, sizeof(key));
    mem_wipe(key, sizeof(key));
    return leaf_return(uc, status);
}

/* -- SGX2: RBX is SECINFO, RCX the page, RDX the source of EACCEPTCOPY -- */

static struct exception dynamic_check(struct thread *t, const struct kernel_regs *r)
{
    static const uint64_t sizes[3] = {SGX_SECINFO_SIZE, 0, 0};
    static const uint64_t aligns[3] = {SGX_SECINFO_ALIGN, 1, 1};
    static const uint8_t needs[3] = {SGX_SECINFO_R, 0, 0};
    struct exception fault = operands_check(t->enclave, r, sizes, aligns, needs);

    if (fault.vector >= 0)
        return fault;
    if (r->rcx % SGX_PAGE_SIZE ||
        !sgx_page_table_contains(&t->enclave->shared->pages, r->rcx, SGX_PAGE_SIZE))
        return EXCEPTION_GP;
    (void)augment_page(t->enclave, r->rcx); /* the kernel does this when the leaf faults */
    return EXCEPTION_NONE;
}

/* The copy of EACCEPTCOPY is part of the leaf: when another thread sees that the page is accepted,
 * the bytes are there. So it is done under the lock. */
static enum sgx_status dynamic_apply_locked(struct enclave *e, uint32_t leaf, uint64_t address,
                                            const uint8_t *secinfo, uint64_t source)
{
    struct sgx_page_table *pages = &e->shared->pages;
    enum sgx_status status;

    if (leaf == SGX_EACCEPT)
        status = sgx_eaccept(pages, address, secinfo, enclave_byte(e, address));
    else if (leaf == SGX_EACCEPTCOPY)
        status = sgx_eacceptcopy(pages, address, source, secinfo);
    else
        status = sgx_emodpe(pages, address, secinfo);
    if (status != SGX_SUCCESS)
        return status;
    if (leaf == SGX_EACCEPTCOPY)
        memcpy(enclave_byte(e, address), enclave_byte(e, source), SGX_PAGE_SIZE);
    xcr0_patch(e, address, SGX_PAGE_SIZE);
    enclave_protect_locked(e, address, SGX_PAGE_SIZE);
    return status;
}

static struct exception leaf_dynamic(struct thread *t, struct kernel_context *uc)
{
    struct kernel_regs *r = &uc->regs;
    struct exception fault = dynamic_check(t, r);
    enum sgx_status status;
    uint64_t mask;

    if (fault.vector >= 0)
        return fault;
    enclave_lock(&mask);
    status = dynamic_apply_locked(t->enclave, (uint32_t)r->rax, r->rcx,
                                  enclave_byte(t->enclave, r->rbx), r->rdx);
    enclave_unlock(&mask);
    if (status == SGX_FAULT_GP || status == SGX_FAULT_PF)
        return fault_of(status, r->rcx);
    if ((uint32_t)r->rax != SGX_EMODPE)
        return leaf_return(uc, status);
    r->rip += SGX_ENCLU_SIZE;
    return EXCEPTION_NONE;
}

static struct exception leaf_edeccssa(struct thread *t, struct kernel_context *uc)
{
    struct exception fault = edeccssa(t);

    if (fault.vector < 0)
        uc->regs.rip += SGX_ENCLU_SIZE;
    return fault;
}

struct exception enclu_inside(struct thread *t, struct kernel_context *uc)
{
    switch ((uint32_t)uc->regs.rax) {
    case SGX_EREPORT:
        return leaf_ereport(t, uc);
    case SGX_EGETKEY:
        return leaf_egetkey(t, uc);
    case SGX_EEXIT:
        return eexit(t, uc);
    case SGX_EACCEPT:
    case SGX_EMODPE:
    case SGX_EACCEPTCOPY:
        return leaf_dynamic(t, uc);
    case SGX_EDECCSSA:
        return leaf_edeccssa(t, uc);
    default:
        return EXCEPTION_GP;
    }
}
