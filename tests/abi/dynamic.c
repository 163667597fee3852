/* SPDX-License-Identifier: Apache-2.0 */
/* SGX2: pages are added, changed and removed after EINIT. */
#include "tests.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

enum {
    PF = 14,
    GP = 13,
    DATA = ABI_DATA,         /* where SECINFO lies */
    PAGE1 = ABI_DATA + PAGE, /* a page that no other test uses */
    ABSENT = ABI_ABSENT,     /* no page is there */
    BEYOND = ABI_SIZE,       /* outside ELRANGE */
    RW = SGX_SECINFO_R | SGX_SECINFO_W,
    FAULT_PENDING = 0x8005, /* SGX, user, present: the mapping allows the access */
};

#define TCS(state)  (SGX_SECINFO_PT(SGX_PT_TCS) | (state))
#define TRIM(state) (SGX_SECINFO_PT(SGX_PT_TRIM) | (state))
#define AUGMENTED   REG(SGX_SECINFO_PENDING | RW)

/* Execute a leaf with SECINFO at @at and a page. Return: RAX. */
static uint64_t leaf_at(const struct abi *a, unsigned leaf, uint64_t at, uint64_t page,
                        uint64_t source)
{
    uint64_t base = (uint64_t)a->base;
    uint64_t operands[6] = {ABI_LEAF, base + at, base + page, base + source, leaf};

    expect_exit(enter_as(a, 0, SGX_EENTER, operands));
    if (leaf != SGX_EMODPE) /* ZF tells an error; no other status flag is set */
        expect_equal(operands[1] & 0xd5, operands[0] ? 0x40 : 0);
    return operands[0];
}

static void leaf_faults(const struct abi *a, unsigned leaf, uint64_t at, uint64_t page,
                        uint64_t source, unsigned vector)
{
    uint64_t base = (uint64_t)a->base;
    struct sgx_enclave_run run = ENTER(a, ABI_LEAF, base + at, base + page, base + source, leaf);

    expect_equal(run.function, SGX_ERESUME);
    expect_equal(run.exception_vector, vector);
    expect_equal(handle(a, 3), 0x80000300 | vector);
    expect_exit(RESUME(a, 0));
}

static uint64_t accept(const struct abi *a, uint64_t page, uint64_t secinfo)
{
    poke(a, DATA, secinfo);
    return leaf_at(a, SGX_EACCEPT, DATA, page, 0);
}

static void accept_faults(const struct abi *a, uint64_t page, uint64_t secinfo, unsigned vector)
{
    poke(a, DATA, secinfo);
    leaf_faults(a, SGX_EACCEPT, DATA, page, 0, vector);
}

static uint64_t copy(const struct abi *a, uint64_t page, uint64_t source, uint64_t secinfo)
{
    poke(a, DATA, secinfo);
    return leaf_at(a, SGX_EACCEPTCOPY, DATA, page, source);
}

static void copy_faults(const struct abi *a, uint64_t page, uint64_t source, uint64_t secinfo,
                        unsigned vector)
{
    poke(a, DATA, secinfo);
    leaf_faults(a, SGX_EACCEPTCOPY, DATA, page, source, vector);
}

static void extend(const struct abi *a, uint64_t page, uint64_t secinfo)
{
    poke(a, DATA, secinfo);
    expect_equal(leaf_at(a, SGX_EMODPE, DATA, page, 0), SGX_EMODPE); /* RAX is unchanged */
}

static void extend_faults(const struct abi *a, uint64_t page, uint64_t secinfo, unsigned vector)
{
    poke(a, DATA, secinfo);
    leaf_faults(a, SGX_EMODPE, DATA, page, 0, vector);
}

static int restrict_to(const struct abi *a, uint64_t page, uint64_t permissions)
{
    struct sgx_ioc_restrict_permissions p = {
        .offset = page, .length = PAGE, .permissions = permissions};

    return ioctl(a->fd, SGX_IOC_RESTRICT_PERMISSIONS, &p) < 0 ? -errno : 0;
}

static int modify(const struct abi *a, uint64_t page, uint64_t type)
{
    struct sgx_ioc_modify_types p = {.offset = page, .length = PAGE, .page_type = type};

    return ioctl(a->fd, SGX_IOC_MODIFY_TYPES, &p) < 0 ? -errno : 0;
}

static int remove_page(const struct abi *a, uint64_t page)
{
    struct sgx_ioc_remove_pages p = {.offset = page, .length = PAGE};

    return ioctl(a->fd, SGX_IOC_REMOVE_PAGES, &p) < 0 ? -errno : 0;
}

static void check_store_faults(const struct abi *a, uint64_t page, unsigned error)
{
    uint64_t at = (uint64_t)a->base + page;

    expect_fault(ENTER(a, ABI_STORE, at, 7), SGX_ERESUME, PF, error, at);
    expect_equal(handle(a, 3), 0x8000030e);
    expect_exit(RESUME(a, 0));
}

void pages_come_on_touch(struct abi *a)
{
    check_store_faults(a, ABSENT, FAULT_PENDING | 2); /* the page exists and is pending */
    expect_equal(accept(a, ABSENT, AUGMENTED), 0);
    expect_equal(peek(a, ABSENT), 0);
    poke(a, ABSENT, 7);
    expect_equal(accept(a, ABSENT + PAGE, AUGMENTED), 0); /* EACCEPT adds the page */
    poke(a, ABSENT + PAGE, 7);
    expect_equal(munmap(a->base + ABSENT + 2 * PAGE, PAGE), 0);
    check_store_faults(a, ABSENT + 2 * PAGE, 6); /* no page where nothing is mapped */
}

void accepts_are_checked(struct abi *a)
{
    check_store_faults(a, ABSENT, FAULT_PENDING | 2);
    expect_equal(accept(a, ABSENT, REG(RW)), SGX_PAGE_ATTRIBUTES_MISMATCH);
    expect_equal(accept(a, ABSENT, REG(SGX_SECINFO_PENDING | SGX_SECINFO_R)),
                 SGX_PAGE_ATTRIBUTES_MISMATCH);
    expect_equal(accept(a, ABSENT, TCS(SGX_SECINFO_MODIFIED)), SGX_PAGE_ATTRIBUTES_MISMATCH);
    expect_equal(accept(a, ABSENT, TRIM(SGX_SECINFO_MODIFIED)), SGX_PAGE_ATTRIBUTES_MISMATCH);
    accept_faults(a, ABSENT, REG(SGX_SECINFO_PENDING | SGX_SECINFO_W), GP);
    accept_faults(a, ABSENT, REG(SGX_SECINFO_MODIFIED | RW), GP);
    accept_faults(a, ABSENT, TCS(SGX_SECINFO_PENDING), GP);
    accept_faults(a, ABSENT, TRIM(SGX_SECINFO_R | SGX_SECINFO_MODIFIED), GP);
    accept_faults(a, ABSENT, SGX_SECINFO_PT(SGX_PT_SECS), GP);
    accept_faults(a, ABSENT, AUGMENTED | 0x40, GP); /* reserved */
    accept_faults(a, ABSENT + 8, AUGMENTED, GP);    /* not a page */
    accept_faults(a, BEYOND, AUGMENTED, GP);
    accept_faults(a, (uint64_t)0 - PAGE, AUGMENTED, GP);
    leaf_faults(a, SGX_EACCEPT, DATA + 8, ABSENT, 0, GP); /* SECINFO not aligned */
    leaf_faults(a, SGX_EACCEPT, BEYOND, ABSENT, 0, GP);
    leaf_faults(a, SGX_EACCEPT, ABSENT, ABSENT, 0, PF); /* SECINFO in a pending page */
    leaf_faults(a, SGX_EACCEPT, 0, ABSENT, 0, PF);      /* and in a TCS */
    poke(a, DATA + 8, 1);
    accept_faults(a, ABSENT, AUGMENTED, GP);
    poke(a, DATA + 8, 0);
    expect_equal(accept(a, ABSENT, AUGMENTED), 0);
    expect_equal(accept(a, ABSENT, AUGMENTED), SGX_PAGE_ATTRIBUTES_MISMATCH); /* once */
    expect_equal(accept(a, 0, AUGMENTED), SGX_PAGE_ATTRIBUTES_MISMATCH);      /* a TCS */
}

void pages_are_copied(struct abi *a)
{
    for (unsigned at = 0; at < PAGE; at += 512)
        poke(a, PAGE1 + at, 0x1000 + at);
    expect_equal(copy(a, ABSENT, PAGE1, REG(RW)), 0);
    for (unsigned at = 0; at < PAGE; at += 512)
        expect_equal(peek(a, ABSENT + at), 0x1000 + at);
    poke(a, ABSENT, 7);
    expect_equal(peek(a, PAGE1), 0x1000);
    /* code that was added later has the rights of SECINFO and of the mapping */
    expect_equal(mprotect(a->base + ABSENT + PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
    expect_equal(copy(a, ABSENT + PAGE, ABI_CODE, REG(RW | SGX_SECINFO_X)), 0);
    expect_exit(ENTER(a, ABI_JUMP,
                      (uint64_t)a->base + ABSENT + PAGE + (uint64_t)(abi_leave - abi_code_begin)));
}

void copies_are_checked(struct abi *a)
{
    expect_equal(copy(a, PAGE1, DATA, REG(RW)), SGX_PAGE_ATTRIBUTES_MISMATCH); /* not pending */
    expect_equal(copy(a, 0, DATA, REG(RW)), SGX_PAGE_ATTRIBUTES_MISMATCH);     /* a TCS */
    expect_equal(modify(a, PAGE1, SGX_PT_TRIM), 0);
    expect_equal(copy(a, PAGE1, DATA, REG(RW)), SGX_PAGE_ATTRIBUTES_MISMATCH); /* modified */
    copy_faults(a, ABSENT, DATA, REG(SGX_SECINFO_W), GP);
    copy_faults(a, ABSENT, DATA, TCS(0), GP);
    copy_faults(a, ABSENT, DATA, TRIM(0), GP);
    copy_faults(a, ABSENT, DATA, REG(RW | 0x40), GP);
    copy_faults(a, ABSENT + 8, DATA, REG(RW), GP);
    copy_faults(a, BEYOND, DATA, REG(RW), GP);
    copy_faults(a, ABSENT, DATA + 8, REG(RW), GP);
    copy_faults(a, ABSENT, BEYOND, REG(RW), GP);
    copy_faults(a, ABSENT, 0, REG(RW), PF);             /* from a TCS */
    copy_faults(a, ABSENT, ABSENT + PAGE, REG(RW), PF); /* from no page */
    copy_faults(a, ABSENT, ABSENT, REG(RW), PF);        /* from a pending one */
    leaf_faults(a, SGX_EACCEPTCOPY, DATA + 8, ABSENT, DATA, GP);
    leaf_faults(a, SGX_EACCEPTCOPY, BEYOND, ABSENT, DATA, GP);
    check_store_faults(a, ABSENT, FAULT_PENDING | 2); /* none of these accepted it */
    expect_equal(copy(a, ABSENT, DATA, REG(SGX_SECINFO_R)), 0);
    /* EAUG gave W, and EACCEPTCOPY with this SECINFO removed it */
    check_store_faults(a, ABSENT, 0x8007);
}

void permissions_are_restricted(struct abi *a)
{
    poke(a, PAGE1, 7);
    expect_equal(restrict_to(a, PAGE1, SGX_SECINFO_R), 0);
    check_store_faults(a, PAGE1, 0x8007);
    expect_equal(peek(a, PAGE1), 7);
    expect_equal(accept(a, PAGE1, REG(SGX_SECINFO_PR | RW)), SGX_PAGE_ATTRIBUTES_MISMATCH);
    expect_equal(accept(a, PAGE1, REG(SGX_SECINFO_PR | SGX_SECINFO_R)), 0);
    expect_equal(restrict_to(a, PAGE1, RW), 0); /* cannot restore a right */
    check_store_faults(a, PAGE1, 0x8007);
    expect_equal(restrict_to(a, PAGE1, 0), 0);
    expect_fault(ENTER(a, ABI_LOAD, (uint64_t)a->base + PAGE1), SGX_ERESUME, PF, 0x8005,
                 (uint64_t)a->base + PAGE1);
}

void permissions_are_extended(struct abi *a)
{
    uint64_t leave = (uint64_t)(abi_leave - abi_code_begin);

    expect_equal(restrict_to(a, PAGE1, SGX_SECINFO_R), 0);
    check_store_faults(a, PAGE1, 0x8007);
    extend(a, PAGE1, REG(RW));
    poke(a, PAGE1, 7);
    expect_equal(accept(a, PAGE1, REG(SGX_SECINFO_PR | RW)), 0);
    /* X, which the loader did not give: the EPCM allows it, the kernel's cap does not */
    extend(a, PAGE1, REG(SGX_SECINFO_X));
    expect_error(mprotect(a->base + PAGE1, PAGE, PROT_READ | PROT_EXEC), EACCES);
    /* an augmented page has no cap */
    expect_equal(copy(a, ABSENT, ABI_CODE, REG(RW)), 0);
    expect_equal(mprotect(a->base + ABSENT, PAGE, PROT_READ | PROT_EXEC), 0);
    expect_fault(ENTER(a, ABI_JUMP, (uint64_t)a->base + ABSENT + leave), SGX_ERESUME, PF, 0x8015,
                 (uint64_t)a->base + ABSENT);
    extend(a, ABSENT, REG(SGX_SECINFO_X));
    expect_exit(RESUME(a, 0));
}

void extensions_are_checked(struct abi *a)
{
    extend_faults(a, PAGE1, REG(RW | 0x40), GP);
    extend_faults(a, PAGE1 + 8, REG(RW), GP);
    extend_faults(a, BEYOND, REG(RW), GP);
    extend_faults(a, 0, REG(RW), PF);      /* a TCS */
    extend_faults(a, ABSENT, REG(RW), PF); /* is added, pending */
    leaf_faults(a, SGX_EMODPE, DATA + 8, PAGE1, 0, GP);
    leaf_faults(a, SGX_EMODPE, BEYOND, PAGE1, 0, GP);
    expect_equal(restrict_to(a, PAGE1, 0), 0);
    extend_faults(a, PAGE1, REG(SGX_SECINFO_W), GP); /* W without R */
    extend(a, PAGE1, REG(SGX_SECINFO_R));
    extend(a, PAGE1, REG(SGX_SECINFO_W));
    poke(a, PAGE1, 7);
    expect_equal(modify(a, PAGE1, SGX_PT_TRIM), 0);
    extend_faults(a, PAGE1, REG(RW), PF); /* modified */
}

void pages_are_trimmed(struct abi *a)
{
    expect_equal(remove_page(a, PAGE1), -EPERM); /* not TRIM */
    expect_equal(modify(a, PAGE1, SGX_PT_TRIM), 0);
    check_store_faults(a, PAGE1, 0x8007);
    expect_equal(remove_page(a, PAGE1), -EPERM); /* not accepted */
    expect_equal(accept(a, PAGE1, TRIM(SGX_SECINFO_MODIFIED)), 0);
    expect_equal(remove_page(a, PAGE1), 0);
    expect_equal(remove_page(a, PAGE1), -EFAULT);
    expect_equal(accept(a, PAGE1, AUGMENTED), 0); /* it can be added again, as zeros */
    expect_equal(peek(a, PAGE1), 0);
    expect_equal(modify(a, 7 * ABI_THREAD_SIZE, SGX_PT_TRIM), 0); /* a TCS */
    expect_equal(enter_as(a, 7, SGX_EENTER, (uint64_t[6]){0}).exception_vector, PF);
    expect_equal(accept(a, 7 * ABI_THREAD_SIZE, TRIM(SGX_SECINFO_MODIFIED)), 0);
    expect_equal(remove_page(a, 7 * ABI_THREAD_SIZE), 0);
}

static void write_tcs(const struct abi *a, uint64_t page, uint32_t cssa)
{
    const struct sgx_tcs tcs = {.ossa = page + ABI_SSA,
                                .cssa = cssa,
                                .nssa = 2,
                                .oentry = ABI_CODE,
                                .ofs_base = ABI_DATA,
                                .ogs_base = ABI_DATA};
    uint64_t wire[SGX_TCS_SIZE / 8];

    sgx_tcs_render(&tcs, (uint8_t *)wire);
    for (unsigned i = 0; i < 16; i++)
        poke(a, page + 8 * i, wire[i]);
}

/* A thread that was added after EINIT. */
void pages_become_threads(struct abi *a)
{
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base + ABSENT};
    uint64_t bases[6] = {ABI_BASES};
    struct abi_seen seen;

    write_tcs(a, PAGE1, 1);
    expect_equal(modify(a, PAGE1, SGX_PT_TCS), 0);
    expect_equal(modify(a, PAGE1, SGX_PT_TCS), -EINVAL);    /* it is a TCS already */
    accept_faults(a, PAGE1, TCS(SGX_SECINFO_MODIFIED), GP); /* a thread starts with CSSA 0 */
    for (uint64_t page = ABSENT; page < ABSENT + 3 * PAGE; page += PAGE)
        expect_equal(accept(a, page, AUGMENTED), 0);
    write_tcs(a, ABSENT, 0);
    expect_equal(modify(a, ABSENT, SGX_PT_TCS), 0);
    expect_equal(run_with(&run, SGX_EENTER, bases, &seen), 0);
    expect_fault(run, SGX_EENTER, PF, 0x8005, run.tcs); /* not accepted */
    expect_equal(accept(a, ABSENT, TCS(SGX_SECINFO_MODIFIED)), 0);
    for (int i = 0; i < 3; i++) {
        bases[0] = ABI_BASES;
        expect_equal(run_with(&run, SGX_EENTER, bases, &seen), 0);
        expect_exit(run);
        expect_equal(bases[1], (uint64_t)a->base + ABI_DATA);
    }
    check_store_faults(a, ABSENT, 0x8007);
    expect_error(mprotect(a->base + ABSENT, PAGE, PROT_READ | PROT_EXEC), EACCES);
}

static void check_ranges(const struct abi *a, unsigned command, uint64_t third)
{
    static const uint64_t ranges[][2] = {
        {0, 0}, {1, PAGE}, {0, 100}, {ABI_SIZE, PAGE}, {PAGE, ABI_SIZE}, {PAGE, (uint64_t)0 - PAGE},
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        uint64_t words[5] = {ranges[i][0], ranges[i][1], third};

        expect_error(ioctl(a->fd, command, words), EINVAL);
    }
    expect_error(ioctl(a->fd, command, NOWHERE), EFAULT);
}

static void check_words(const struct abi *a, unsigned command, uint64_t third, uint64_t result,
                        uint64_t count)
{
    uint64_t words[5] = {PAGE1, PAGE, third, result, count};

    expect_error(ioctl(a->fd, command, words), EINVAL);
}

void dynamic_ioctls_are_checked(struct abi *a)
{
    check_ranges(a, SGX_IOC_RESTRICT_PERMISSIONS, SGX_SECINFO_R);
    check_ranges(a, SGX_IOC_MODIFY_TYPES, SGX_PT_TRIM);
    check_ranges(a, SGX_IOC_REMOVE_PAGES, 0);
    check_words(a, SGX_IOC_RESTRICT_PERMISSIONS, SGX_SECINFO_R, 1, 0); /* out fields */
    check_words(a, SGX_IOC_RESTRICT_PERMISSIONS, SGX_SECINFO_R, 0, 1);
    check_words(a, SGX_IOC_MODIFY_TYPES, SGX_PT_TRIM, 1, 0);
    check_words(a, SGX_IOC_MODIFY_TYPES, SGX_PT_TRIM, 0, 1);
    check_words(a, SGX_IOC_REMOVE_PAGES, 1, 0, 0);
    check_words(a, SGX_IOC_RESTRICT_PERMISSIONS, SGX_SECINFO_W, 0, 0);
    check_words(a, SGX_IOC_RESTRICT_PERMISSIONS, SGX_SECINFO_PENDING, 0, 0);
    check_words(a, SGX_IOC_RESTRICT_PERMISSIONS, 1ULL << 40, 0, 0);
    for (uint64_t type = 0; type < 8; type++)
        if (type != SGX_PT_TCS && type != SGX_PT_TRIM)
            check_words(a, SGX_IOC_MODIFY_TYPES, type, 0, 0);
    expect_equal(restrict_to(a, ABSENT, SGX_SECINFO_R), -EFAULT);
    expect_equal(modify(a, ABSENT, SGX_PT_TRIM), -EFAULT);
    expect_equal(remove_page(a, ABSENT), -EFAULT);
    expect_equal(restrict_to(a, 0, SGX_SECINFO_R), -EINVAL); /* a TCS */
    expect_equal(modify(a, 0, SGX_PT_TCS), -EINVAL);
    expect_equal(modify(a, ABI_CODE, SGX_PT_TCS), -EPERM); /* no right to write */
}

void dynamic_ioctls_stop_in_the_middle(struct abi *a)
{
    const uint64_t last = ABI_DATA + ABI_DATA_SIZE - PAGE;
    struct sgx_ioc_restrict_permissions restriction = {
        .offset = last, .length = 2 * PAGE, .permissions = SGX_SECINFO_R};
    struct sgx_ioc_modify_types types = {
        .offset = last, .length = 2 * PAGE, .page_type = SGX_PT_TRIM};
    struct sgx_ioc_remove_pages removal = {.offset = last, .length = 2 * PAGE};

    expect_error(ioctl(a->fd, SGX_IOC_RESTRICT_PERMISSIONS, &restriction), EFAULT);
    expect_equal(restriction.count, PAGE);
    expect_equal(restriction.result, 0);
    expect_error(ioctl(a->fd, SGX_IOC_MODIFY_TYPES, &types), EFAULT);
    expect_equal(types.count, PAGE);
    expect_equal(accept(a, last, TRIM(SGX_SECINFO_MODIFIED)), 0);
    expect_error(ioctl(a->fd, SGX_IOC_REMOVE_PAGES, &removal), EFAULT);
    expect_equal(removal.count, PAGE);
    /* the code of the leaf for a page that is being changed goes to result */
    check_store_faults(a, ABSENT, FAULT_PENDING | 2);
    restriction = (struct sgx_ioc_restrict_permissions){.offset = ABSENT, .length = PAGE};
    expect_error(ioctl(a->fd, SGX_IOC_RESTRICT_PERMISSIONS, &restriction), EFAULT);
    expect_equal(restriction.result, SGX_PAGE_NOT_MODIFIABLE);
    expect_equal(restriction.count, 0);
    types =
        (struct sgx_ioc_modify_types){.offset = ABSENT, .length = PAGE, .page_type = SGX_PT_TRIM};
    expect_error(ioctl(a->fd, SGX_IOC_MODIFY_TYPES, &types), EFAULT);
    expect_equal(types.result, SGX_PAGE_NOT_MODIFIABLE);
}

/* EDECCSSA gives up the frame, and the handler becomes the thread again. */
void handlers_become_code(struct abi *a)
{
    uint64_t bases[6] = {ABI_BASES};

    expect_fault(ENTER(a, ABI_POP), SGX_ERESUME, GP, 0, 0); /* CSSA is 0 */
    expect_equal(handle(a, 3), 0x8000030d);
    expect_exit(RESUME(a, 0));
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, 6, 0, 0);
    expect_exit(ENTER(a, ABI_POP));
    expect_fault(RESUME(a, 0), SGX_ERESUME, GP, 0, 0); /* there is no frame to resume */
    expect_exit(enter_as(a, 0, SGX_EENTER, bases));
    expect_equal(bases[2], 0);
    /* an exit after it saves to the frame that was given up */
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, 6, 0, 0);
    expect_fault(ENTER(a, ABI_POP, 1), SGX_ERESUME, 6, 0, 0);
    expect_equal(handle(a, 2), 0x80000306);
    expect_exit(RESUME(a, 0));
    expect_fault(RESUME(a, 0), SGX_ERESUME, GP, 0, 0);
}
