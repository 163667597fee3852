/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>

#include "checks.h"
#include "emulator/cpu/augment.h"
#include "emulator/cpu/enclu.h"
#include "crypto_bare/bytes.h"
#include "machine.h"
#include "sgx/linux_abi.h"

static void count_check(int r, uint64_t length, uint64_t count, uint64_t result)
{
    assert(count <= length && count % SGX_PAGE_SIZE == 0);
    assert(r == 0 ? count == length && result == 0 : result == 0 || errno == EFAULT);
}

void run_restrict(struct program *p, const struct operation *o)
{
    const struct enclave *e = program_enclave(p, o);
    struct sgx_ioc_restrict_permissions *argument = (void *)machine_object(0);
    int r;

    *argument = (struct sgx_ioc_restrict_permissions){
        .offset = program_number(low(o->f), o->a, e),
        .length = program_number(high(o->f), o->b, e),
        .permissions = o->c < 240 ? o->c & 7 : program_number(o->c, o->a, e),
        .result = o->d & 1,
        .count = o->d & 2,
    };
    r = emulated_ioctl(program_fd(p, o), SGX_IOC_RESTRICT_PERMISSIONS,
                       (void *)machine_pointer(high(o->e), argument));
    checks_errno(r, (const int[]){EINVAL, EFAULT, EBADF, ENOTTY, 0});
    if ((o->d & 3) == 0 && high(o->e) < 6)
        count_check(r, argument->length, argument->count, argument->result);
}

void run_modify(struct program *p, const struct operation *o)
{
    const struct enclave *e = program_enclave(p, o);
    struct sgx_ioc_modify_types *argument = (void *)machine_object(0);
    int r;

    *argument = (struct sgx_ioc_modify_types){
        .offset = program_number(low(o->f), o->a, e),
        .length = program_number(high(o->f), o->b, e),
        .page_type = o->c < 128 ? SGX_PT_TRIM : o->c & 7,
        .result = o->d & 1,
        .count = o->d & 2,
    };
    r = emulated_ioctl(program_fd(p, o), SGX_IOC_MODIFY_TYPES,
                       (void *)machine_pointer(high(o->e), argument));
    checks_errno(r, (const int[]){EINVAL, EFAULT, EPERM, EBADF, ENOTTY, 0});
    if ((o->d & 3) == 0 && high(o->e) < 6)
        count_check(r, argument->length, argument->count, argument->result);
}

void run_remove(struct program *p, const struct operation *o)
{
    const struct enclave *e = program_enclave(p, o);
    struct sgx_ioc_remove_pages *argument = (void *)machine_object(0);
    int r;

    *argument = (struct sgx_ioc_remove_pages){
        .offset = program_number(low(o->f), o->a, e),
        .length = program_number(high(o->f), o->b, e),
        .count = o->d & 2,
    };
    r = emulated_ioctl(program_fd(p, o), SGX_IOC_REMOVE_PAGES,
                       (void *)machine_pointer(high(o->e), argument));
    checks_errno(r, (const int[]){EINVAL, EFAULT, EPERM, EBADF, ENOTTY, 0});
    if ((o->d & 2) == 0 && high(o->e) < 6)
        count_check(r, argument->length, argument->count, 0);
}

void run_touch(struct program *p, const struct operation *o)
{
    struct enclave *e = program_enclave(p, o);

    if (e && (uint64_t)o->a << SGX_PAGE_SHIFT < e->size)
        (void)augment_page(e, e->base + ((uint64_t)o->a << SGX_PAGE_SHIFT) + o->b);
}

/* A page that the enclave can read, for its SECINFO; UINT64_MAX when there is none. */
static uint64_t readable_page(const struct enclave *e, uint8_t first)
{
    for (uint64_t i = 0; i < UINT8_MAX; i++) {
        uint64_t page = e->base + (((first + i) % UINT8_MAX) << SGX_PAGE_SHIFT);

        if (sgx_page_table_access(&e->shared->pages, page, (uint8_t)SGX_SECINFO_R))
            return page;
    }
    return UINT64_MAX;
}

void run_enclu(struct program *p, const struct operation *o)
{
    static const uint8_t leaves[8] = {SGX_EACCEPT,     SGX_EACCEPT, SGX_EACCEPT, SGX_EMODPE,
                                      SGX_EACCEPTCOPY, SGX_EREPORT, SGX_EGETKEY, 10};
    struct enclave *e = program_enclave(p, o);
    struct thread t = {.enclave = e};
    struct kernel_context uc = {0};
    uint64_t place;

    if (!e || e->shared->state != ENCLAVE_INITIALIZED)
        return;
    place = readable_page(e, o->d);
    if (place != UINT64_MAX)
        secinfo_build(o->c, enclave_byte(e, place));
    uc.regs.rax = leaves[o->b & 7];
    uc.regs.rbx = low(o->e) < 12 ? place : e->base + program_number(low(o->e), o->a, e);
    uc.regs.rcx = e->base + program_number(low(o->f), o->a, e);
    uc.regs.rdx = high(o->e) < 12 ? place : e->base + program_number(high(o->f), o->d, e);
    (void)enclu_inside(&t, &uc);
}

/* A thread enters, and then is interrupted or leaves. */
void run_enter(struct program *p, const struct operation *o)
{
    static uint8_t image[4096] __attribute__((aligned(64)));
    struct enclave *e = program_enclave(p, o);
    struct thread t = {0};
    struct kernel_context uc = {0};
    struct exception why;

    if (!e ||
        !(getauxval(AT_HWCAP2) & 2 /* FSGSBASE, which emulator/process/setup.c asks for too */))
        return;
    memset(image, 0, sizeof(image));
    store_u32le(image + XSAVE_SOFTWARE_OFFSET, o->c & 1 ? XSAVE_SOFTWARE_MAGIC : 0);
    uc.regs.fpstate = o->c & 2 ? 0 : (uint64_t)image;
    uc.regs.rax = o->b & 1 ? SGX_ERESUME : SGX_EENTER;
    uc.regs.rbx = e->base + program_number(low(o->f), o->a, e);
    uc.regs.rcx = o->c & 4 ? UINT64_C(1) << 60 : SGX_PAGE_SIZE;
    if (enclu_outside(&t, &uc).vector >= 0)
        return;
    if (o->d & 1) {
        aex(&t, &uc, o->d & 2 ? EXCEPTION_GP : EXCEPTION_NONE);
        return;
    }
    uc.regs.rax = SGX_EDECCSSA;
    if (o->d & 2)
        (void)enclu_inside(&t, &uc);
    uc.regs.rax = SGX_EEXIT;
    uc.regs.rbx = o->d & 4 ? UINT64_C(1) << 60 : SGX_PAGE_SIZE;
    why = enclu_inside(&t, &uc);
    if (why.vector >= 0)
        aex(&t, &uc, why);
}

/* Change a TCS among the sources, for the pages that are added next. */
void run_poke(struct program *p, const struct operation *o)
{
    uint8_t *tcs = machine_source(MACHINE_TCS + o->a % (MACHINE_NUMBERS - MACHINE_TCS));

    store_u64le(tcs + o->b % 16 * 8, program_number(o->c, o->d, program_enclave(p, o)) + o->e);
}
