/* SPDX-License-Identifier: Apache-2.0 */
#include "tests.h"

#include <pthread.h>

enum {
    DE = 0,
    UD = 6,
    GP = 13,
    PF = 14,
    MF = 16,
    AC = 17,
    XM = 19,
    FAULT_SGX = 0x8000,
};

void enters_and_leaves(struct abi *a)
{
    for (int i = 0; i < 3; i++) {
        uint64_t bases[6] = {ABI_BASES};

        expect_exit(enter_as(a, 0, SGX_EENTER, bases));
        expect_equal(bases[0], (uint64_t)a->base + ABI_DATA);
        expect_equal(bases[1], (uint64_t)a->base + ABI_SSA);
        expect_equal(bases[2], 0); /* RAX: CSSA */
    }
}

static struct sgx_enclave_run enter_at(uint64_t tcs, unsigned leaf)
{
    struct sgx_enclave_run run = {.tcs = tcs};
    struct abi_seen seen;

    expect_equal(run_with(&run, leaf, (uint64_t[6]){0}, &seen), 0);
    return run;
}

void entries_that_fault(struct abi *a)
{
    uint64_t base = (uint64_t)a->base, data = base + ABI_DATA;

    for (unsigned leaf = SGX_EENTER; leaf <= SGX_ERESUME; leaf++) {
        expect_fault(enter_at(base + 8, leaf), leaf, GP, 0, 0);
        expect_fault(enter_at(data, leaf), leaf, PF, FAULT_SGX | 5, data); /* not a TCS */
        expect_equal(enter_at(base + ABI_ABSENT, leaf).exception_vector, PF);
        expect_equal(enter_at(0x10000, leaf).exception_vector, PF); /* not an enclave */
        expect_equal(enter_at(0, leaf).exception_vector, PF);
        expect_equal(enter_at(0, leaf).function, leaf);
    }
    expect_fault(RESUME(a, 0), SGX_ERESUME, GP, 0, 0); /* CSSA is 0 */
    expect_exit(ENTER(a, ABI_NOTHING));
}

void entries_before_init(struct abi *a)
{
    struct abi early;

    abi_open(&early);
    sgx_measure_create(&early.measure, 1, ABI_SIZE);
    expect_equal(abi_create(&early), 0);
    abi_add_all(&early);
    abi_map_all(&early);
    expect_fault(ENTER(&early, ABI_NOTHING), SGX_EENTER, GP, 0, 0);
    expect_exit(ENTER(a, ABI_NOTHING));
}

static void *stay_inside(void *data)
{
    const struct abi *a = data;
    uint64_t gs = (uint64_t)a->base + ABI_THREAD_SIZE + ABI_SSA;

    while (__atomic_load_n(&a->fd, __ATOMIC_RELAXED) >= 0)
        (void)enter_as(a, 1, SGX_EENTER, (uint64_t[6]){ABI_SPIN, 1000000, 0, gs});
    return NULL;
}

/* While a thread is inside, no other thread can enter its TCS. */
void threads_are_busy(struct abi *a)
{
    struct sgx_enclave_run run;
    struct abi other = *a;
    pthread_t id;

    expect_equal(pthread_create(&id, NULL, stay_inside, &other), 0);
    for (int busy = 0; busy < 10;) {
        run = enter_as(a, 1, SGX_EENTER, (uint64_t[6]){ABI_NOTHING});
        if (run.function == SGX_EEXIT)
            continue;
        expect_fault(run, SGX_EENTER, GP, 0, 0);
        expect_fault(enter_at((uint64_t)a->base + ABI_THREAD_SIZE, SGX_ERESUME), SGX_ERESUME, GP, 0,
                     0);
        busy++;
    }
    __atomic_store_n(&other.fd, -1, __ATOMIC_RELAXED);
    expect_equal(pthread_join(id, NULL), 0);
    expect_exit(enter_as(a, 1, SGX_EENTER, (uint64_t[6]){ABI_NOTHING}));
}

void frames_run_out(struct abi *a)
{
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, UD, 0, 0);
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, UD, 0, 0);
    expect_fault(ENTER(a, ABI_NOTHING), SGX_EENTER, GP, 0, 0); /* CSSA is NSSA */
    expect_fault(RESUME(a, 0), SGX_ERESUME, UD, 0, 0);         /* the inner frame, again */
    expect_fault(ENTER(a, ABI_NOTHING), SGX_EENTER, GP, 0, 0);
    expect_exit(enter_as(a, 1, SGX_EENTER, (uint64_t[6]){ABI_NOTHING})); /* another TCS works */
}

static void fault_spoiled(const struct abi *a, uint64_t offset, uint64_t value)
{
    uint64_t kept = peek(a, offset);

    poke(a, offset, value);
    expect_fault(RESUME(a, 0), SGX_ERESUME, GP, 0, 0);
    poke(a, offset, kept); /* CSSA is unchanged */
}

void resume_checks_the_frame(struct abi *a)
{
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, UD, 0, 0);
    fault_spoiled(a, ABI_GPRS_RIP, 1ULL << 50);
    fault_spoiled(a, ABI_GPRS_FSBASE, 1ULL << 50);
    fault_spoiled(a, ABI_GPRS_FSBASE + 8, 1ULL << 50);
    fault_spoiled(a, ABI_SSA + 512, 1ULL << 9);  /* XSTATE_BV beyond XFRM */
    fault_spoiled(a, ABI_SSA + 520, 1ULL << 63); /* compacted */
    fault_spoiled(a, ABI_SSA + 528, 1);          /* reserved */
    fault_spoiled(a, ABI_SSA + 24, 0x10000);     /* MXCSR */
    expect_equal(handle(a, 2), 0x80000306);
    expect_exit(RESUME(a, 0));
}

/* An exception @vector with @error at @address, in an instruction of @size bytes. */
static void check_exception(const struct abi *a, unsigned operation, unsigned vector, unsigned size)
{
    expect_fault(ENTER(a, operation), SGX_ERESUME, vector, 0, 0);
    expect_equal(handle(a, size), 0x80000300 | vector);
    expect_exit(RESUME(a, 0));
}

void undefined_instructions(struct abi *a)
{
    for (int i = 0; i < 3; i++) {
        check_exception(a, ABI_UD, UD, 2);
        check_exception(a, ABI_SYSCALL, UD, 2);
        check_exception(a, ABI_IN, UD, 1);
        check_exception(a, ABI_INT, UD, 2);
        check_exception(a, ABI_INT80, UD, 2);
    }
}

void arithmetic_exceptions(struct abi *a)
{
    for (int i = 0; i < 3; i++) {
        check_exception(a, ABI_DIVIDE, DE, 2);
        check_exception(a, ABI_X87, MF, 1);
        check_exception(a, ABI_SSE, XM, 4);
    }
}

void alignment_checks(struct abi *a)
{
    check_exception(a, ABI_UNALIGNED, AC, 8);
}

/* INT3 is a fault inside, and #UD, unless a debugger opted in (SDM 43.4.1). */
void breakpoints_are_undefined(struct abi *a)
{
    check_exception(a, ABI_BREAKPOINT, UD, 1);
}

void general_protection(struct abi *a)
{
    check_exception(a, ABI_HLT, GP, 1);
    expect_fault(ENTER(a, ABI_LOAD, 1ULL << 60), SGX_ERESUME, GP, 0, 0); /* not canonical */
    expect_equal(peek(a, ABI_EXINFO), 0);                                /* MADDR */
    expect_equal(peek(a, ABI_EXINFO + 8), 0);                            /* ERRCD */
    expect_equal(handle(a, 3), 0x8000030d);
    expect_exit(RESUME(a, 0));
}

static void check_page_fault(const struct abi *a, unsigned operation, uint64_t address,
                             unsigned error, unsigned size)
{
    uint64_t page = address & ~(uint64_t)(PAGE - 1);

    expect_fault(ENTER(a, operation, address, 1), SGX_ERESUME, PF, error, page);
    /* MADDR is exact in the host's memory, and a page's address in the enclave's; the host always
     * sees a page's */
    expect_equal(peek(a, ABI_EXINFO), address - (uint64_t)a->base < ABI_SIZE ? page : address);
    expect_equal(peek(a, ABI_EXINFO + 8), error);
    expect_equal(handle(a, size), 0x8000030e);
    expect_exit(RESUME(a, 0));
}

void page_faults(struct abi *a)
{
    uint64_t base = (uint64_t)a->base, data = base + ABI_DATA;

    check_page_fault(a, ABI_STORE, base + ABI_CODE + 0x123, 7, 3);
    check_page_fault(a, ABI_LOAD, 0x7010, 4, 3);
    check_page_fault(a, ABI_STORE, 0x7010, 6, 3);
    /* nobody may access a TCS: the processor refuses where the mapping allows it */
    check_page_fault(a, ABI_LOAD, base + 16, FAULT_SGX | 5, 3);
    check_page_fault(a, ABI_STORE, base + 16, FAULT_SGX | 7, 3);
    /* execution of data, and of the host's code */
    expect_fault(ENTER(a, ABI_JUMP, data), SGX_ERESUME, PF, 0x15, data);
    expect_equal(peek(a, ABI_GPRS_RIP), data);
    poke(a, ABI_GPRS_RIP, base + ABI_CODE + (uint64_t)(abi_leave - abi_code_begin));
    expect_exit(RESUME(a, 0));
    expect_fault(ENTER(a, ABI_JUMP, (uint64_t)abi_code_begin), SGX_ERESUME, PF, 0x15,
                 (uint64_t)abi_code_begin & ~(uint64_t)(PAGE - 1));
}

void exceptions_without_exinfo(struct abi *a)
{
    uint64_t code = (uint64_t)a->base + ABI_CODE;

    a->secs.miscselect = a->signature.miscselect = 0;
    abi_load(a);
    poke(a, ABI_EXINFO, 0x77);
    expect_fault(ENTER(a, ABI_STORE, code, 1), SGX_ERESUME, PF, 7, code); /* the host's view */
    expect_equal(peek(a, ABI_EXINFO), 0x77);
    expect_equal(handle(a, 3), 0);
    expect_exit(RESUME(a, 0));
    expect_fault(ENTER(a, ABI_HLT), SGX_ERESUME, GP, 0, 0);
    expect_equal(handle(a, 1), 0);
    expect_exit(RESUME(a, 0));
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, UD, 0, 0);
    expect_equal(handle(a, 2), 0x80000306);
    expect_exit(RESUME(a, 0));
}

void nested_exceptions(struct abi *a)
{
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, UD, 0, 0);
    expect_equal(handle(a, 0), 0x80000306); /* handled, but RIP is the same */
    expect_fault(RESUME(a, 0), SGX_ERESUME, UD, 0, 0);
    expect_fault(ENTER(a, ABI_HLT), SGX_ERESUME, GP, 0, 0); /* in the handler */
    expect_equal(ENTER(a, ABI_NOTHING).exception_vector, GP);
    expect_fault(RESUME(a, 0), SGX_ERESUME, GP, 0, 0);
    /* thread 1 repairs the inner frame of thread 0, and the handler exits */
    expect_exit(enter_as(
        a, 1, SGX_EENTER,
        (uint64_t[6]){ABI_STORE, (uint64_t)a->base + PAGE + ABI_GPRS_RIP,
                      (uint64_t)a->base + ABI_CODE + (uint64_t)(abi_leave - abi_code_begin)}));
    expect_exit(RESUME(a, 0));
    expect_equal(handle(a, 2), 0x80000306);
    expect_exit(RESUME(a, 0));
    expect_exit(ENTER(a, ABI_NOTHING));
}

void leaves_that_fault(struct abi *a)
{
    const uint64_t beyond = (uint64_t)a->base + ABI_SIZE, data = (uint64_t)a->base + ABI_DATA;
    const uint64_t calls[][5] = {
        {ABI_LEAF, 8, 8, 8, SGX_EREPORT},                   /* not aligned */
        {ABI_LEAF, beyond, data, data + 1024, SGX_EREPORT}, /* not inside */
        {ABI_LEAF, data, beyond, data + 1024, SGX_EREPORT},
        {ABI_LEAF, data, data, beyond, SGX_EREPORT},
        {ABI_LEAF, data + 1, data, 0, SGX_EGETKEY},
        {ABI_LEAF, data, data + 8, 0, SGX_EGETKEY},
        {ABI_LEAF, beyond, data, 0, SGX_EGETKEY},
        {ABI_LEAF, 0, 0, 0, SGX_EENTER}, /* not from inside */
        {ABI_LEAF, 0, 0, 0, SGX_ERESUME},
        {ABI_LEAF, 0, 0, 0, SGX_EVERIFYREPORT2}, /* does not exist */
        {ABI_LEAF, 0, 0, 0, 77},
        {ABI_LEAF, 1ULL << 60, 0, 0, SGX_EEXIT}, /* not canonical */
    };

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        uint64_t operands[6] = {calls[i][0], calls[i][1], calls[i][2], calls[i][3], calls[i][4]};

        expect_fault(enter_as(a, 0, SGX_EENTER, operands), SGX_ERESUME, GP, 0, 0);
        expect_equal(handle(a, 3), 0x8000030d);
        expect_exit(RESUME(a, 0));
    }
}

static void check_key(const struct abi *a, uint64_t name_and_policy, uint64_t code)
{
    uint64_t data = (uint64_t)a->base + ABI_DATA;
    uint64_t leaf[6] = {ABI_LEAF, data + 512, data + 2048, 0, SGX_EGETKEY};

    poke(a, ABI_DATA + 512, name_and_policy);
    expect_exit(enter_as(a, 0, SGX_EENTER, leaf));
    expect_equal(leaf[0], code);
    expect_equal(leaf[1] & 0xd5, code ? 0x40 : 0); /* ZF tells an error; LAHF's flags */
}

static void fault_operand(const struct abi *a, uint64_t offset, uint64_t value, unsigned leaf)
{
    uint64_t data = (uint64_t)a->base + ABI_DATA;

    poke(a, ABI_DATA + offset, value);
    expect_fault(ENTER(a, ABI_LEAF, data, data + 1024, data + 2048, leaf), SGX_ERESUME, GP, 0, 0);
    expect_equal(handle(a, 3), 0x8000030d);
    expect_exit(RESUME(a, 0));
    poke(a, ABI_DATA + offset, 0);
}

void operands_are_checked(struct abi *a)
{
    fault_operand(a, 0, 0x40ULL << 16, SGX_EGETKEY); /* a policy that does not exist */
    fault_operand(a, 0, (uint64_t)SGX_KEYPOLICY_CONFIGID << 16, SGX_EGETKEY); /* without KSS */
    fault_operand(a, 80, 1, SGX_EGETKEY); /* reserved, up to the last byte */
    fault_operand(a, 504, 1ULL << 56, SGX_EGETKEY);
    fault_operand(a, 56, 1, SGX_EREPORT);
    fault_operand(a, 504, 1ULL << 56, SGX_EREPORT);
}

void keys_report_errors_in_rax(struct abi *a)
{
    check_key(a, SGX_KEY_SEAL | SGX_KEYPOLICY_MRSIGNER << 16, 0);
    check_key(a, SGX_KEY_EINITTOKEN, SGX_INVALID_ATTRIBUTE);
    check_key(a, SGX_KEY_PROVISION, SGX_INVALID_ATTRIBUTE);
    check_key(a, 99, SGX_INVALID_KEYNAME);
    check_key(a, SGX_KEY_SEAL | 1ULL << 32, SGX_INVALID_ISVSVN);
    poke(a, ABI_DATA + 512 + 8, ~0ULL);
    check_key(a, SGX_KEY_SEAL, SGX_INVALID_CPUSVN);
}
