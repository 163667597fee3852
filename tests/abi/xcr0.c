/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside an enclave XCR0 is XFRM, which is 7 here. That decides the result of XGETBV, the bytes
 * that the XSAVE instructions write, and those that XRSTOR reads and checks. Components outside
 * XFRM belong to the host: the enclave finds them in their initial state, and the host gets its
 * values back.
 */
#include "tests.h"

#include "sdk/host/vdso.h"

#include <cpuid.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum {
    GP = 13,
    PF = 14,
    XFRM = SGX_XFRM_AVX,
    XFRM_SIZE = 832, /* bytes of an area for XFRM, in either format */
    XSTATE_BV = 512,
    XCOMP_BV = 520,
    AREA_SIZE = 3 * PAGE,
    DISABLE_ACCESS = 1, /* PKEY_DISABLE_ACCESS */
    PAGE1 = ABI_DATA + PAGE,
};
#define COMPACTED (UINT64_C(1) << 63)
#define ALL       UINT64_MAX
#define PATTERN   UINT64_C(0x5a5a123400001001)

/* --tier=sigill changes no code, and no processor lets these instructions trap. */
static void skip_unless_patched(void)
{
    const char *tier = getenv("COFFER_SGX_TIER");

    if (tier && strcmp(tier, "sigill") == 0)
        skip("this tier leaves XGETBV and XSAVE to the processor");
}

static bool has_wide(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq");
}

static uint64_t xgetbv_inside(const struct abi *a, uint64_t number)
{
    uint64_t operands[6] = {ABI_XGETBV, number};

    expect_exit(enter_as(a, 0, SGX_EENTER, operands));
    return operands[0];
}

void xgetbv_gives_xfrm(struct abi *a)
{
    skip_unless_patched();
    expect_equal(xgetbv_inside(a, 0), XFRM);
    expect_equal(xgetbv_inside(a, 0), XFRM);
    expect_equal(xgetbv_inside(a, 1) & ~(uint64_t)XFRM, 0); /* components in use */
    expect_fault(ENTER(a, ABI_XGETBV, 2), SGX_ERESUME, GP, 0, 0);
    expect_equal(handle(a, 3), 0x8000030d);
    expect_exit(RESUME(a, 0));
}

/* Set every component of the processor to a value in use, and then execute leaf @leaf for thread 0
 * with
 * @operands, without a call of the C library in between. */
static uint64_t outside_enter(const struct abi *a, unsigned leaf, uint64_t operands[6],
                              struct sgx_enclave_run *run)
{
    static struct abi_seen seen;
    uint64_t function = (uint64_t)vdso_find_enter(), words[8], mask, found = 0;

    *run = (struct sgx_enclave_run){.tcs = (uint64_t)a->base};
    if (!has_wide()) {
        expect_equal(abi_enter(operands, leaf, run, function, &seen), 0);
        return 0;
    }
    __asm__ volatile("vpbroadcastq %0, %%zmm31\n\tkmovw %k0, %%k1" : : "r"(PATTERN));
    expect_equal(abi_enter(operands, leaf, run, function, &seen), 0);
    __asm__ volatile("vmovdqu64 %%zmm31, %0\n\tkmovw %%k1, %k1" : "=m"(words), "=r"(mask));
    for (unsigned i = 0; i < 8; i++)
        found |= words[i] ^ PATTERN;
    return found | (mask ^ (PATTERN & 0xffff));
}

static uint8_t *area_map(void)
{
    uint8_t *area =
        mmap(NULL, AREA_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    expect(area != MAP_FAILED);
    return area;
}

static uint64_t word_of(const uint8_t *area, unsigned offset)
{
    uint64_t value;

    memcpy(&value, area + offset, sizeof(value));
    return value;
}

static void check_save(const struct abi *a, uint8_t *area, uint64_t which, uint64_t mask)
{
    uint64_t operands[6] = {ABI_XSTATE, (uint64_t)area, mask, which};
    struct sgx_enclave_run run;

    memset(area, 0xcc, AREA_SIZE);
    memset(area + XSTATE_BV, 0, 64);
    expect_equal(outside_enter(a, SGX_EENTER, operands, &run), 0);
    expect_exit(run);
    expect_equal(word_of(area, XSTATE_BV) & ~(mask & XFRM), 0);
    expect_equal(word_of(area, XCOMP_BV), which == XSTATE_XSAVEC ? COMPACTED | (mask & XFRM) : 0);
    for (unsigned i = XFRM_SIZE; i < AREA_SIZE; i++)
        expect_equal(area[i], 0xcc);
}

void saves_stay_within_xfrm(struct abi *a)
{
    static const uint64_t masks[] = {ALL, XFRM, 0xe0, 0x60000, 3, 4, 0};
    uint8_t *area = area_map();

    skip_unless_patched();
    for (unsigned i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        check_save(a, area, XSTATE_XSAVE, masks[i]);
        check_save(a, area, XSTATE_XSAVEC, masks[i]);
        check_save(a, area, XSTATE_XSAVEOPT, masks[i]);
    }
}

/* @area: XFRM_SIZE bytes at the end of mapped memory */
static void check_restore(const struct abi *a, uint8_t *area, uint64_t compacted, uint64_t mask)
{
    uint64_t operands[6] = {ABI_XSTATE, (uint64_t)area, mask, XSTATE_XRSTOR};
    const uint64_t components = XFRM;
    struct sgx_enclave_run run;

    memset(area, 0, XFRM_SIZE);
    area[1] = 0x03, area[0] = 0x7f;
    area[25] = 0x1f, area[24] = 0x80;
    memcpy(area + XSTATE_BV, &components, 8);
    memcpy(area + XCOMP_BV, &compacted, 8);
    expect_equal(outside_enter(a, SGX_EENTER, operands, &run), 0);
    expect_exit(run);
}

void restores_stay_within_xfrm(struct abi *a)
{
    uint8_t *pages = area_map(), *area = pages + PAGE - XFRM_SIZE;

    skip_unless_patched();
    expect_equal(mprotect(pages + PAGE, 2 * PAGE, PROT_NONE), 0);
    check_restore(a, area, 0, ALL);
    check_restore(a, area, 0, XFRM);
    check_restore(a, area, COMPACTED | XFRM, ALL);
    check_restore(a, area, COMPACTED | XFRM, 0);
}

/* A save after the restore finds YMM5 of the area. */
void restored_state_is_there(struct abi *a)
{
    uint8_t *area = area_map(), *saved = area_map();
    const uint64_t components = XFRM;

    skip_unless_patched();
    area[1] = 0x03, area[0] = 0x7f;
    area[25] = 0x1f, area[24] = 0x80;
    memcpy(area + XSTATE_BV, &components, 8);
    memset(area + 160 + 5 * 16, 0x77, 16);
    memset(area + 576 + 5 * 16, 0x99, 16);
    expect_exit(ENTER(a, ABI_XSTATE, (uint64_t)area, ALL, XSTATE_XRSTOR));
    expect_exit(ENTER(a, ABI_XSTATE, (uint64_t)area, ALL, XSTATE_XRSTOR));
    poke(a, PAGE1, 0);
    /* without leaving: an exception, and its handler saves its own state */
    expect_exit(ENTER(a, ABI_XSTATE, (uint64_t)saved, ALL, XSTATE_XSAVE));
    expect_equal(word_of(saved, XSTATE_BV) & ~components, 0);
    /* the exit clears AVX, so it is initial inside: its bytes are zeros and not the host's */
    for (unsigned i = 576; i < XFRM_SIZE; i++)
        expect_equal(saved[i] == 0 || word_of(saved, XSTATE_BV) & 4, 1);
}

static void check_fault_at(const struct abi *a, uint64_t area, uint64_t which, unsigned vector,
                           unsigned error, uint64_t address)
{
    uint32_t exitinfo = UINT32_C(0x80000300) | vector;
    unsigned size = which == XSTATE_XSAVE ? 3 : 4;

    if (which == XSTATE_XSAVEOPT)
        size = 6;
    expect_fault(ENTER(a, ABI_XSTATE, area, ALL, which), SGX_ERESUME, vector, error, address);
    if (vector == PF)
        expect_equal(peek(a, ABI_EXINFO + 8), error);
    expect_equal(handle(a, size), exitinfo);
    expect_exit(RESUME(a, 0));
}

void state_instructions_fault(struct abi *a)
{
    static const uint64_t all[] = {XSTATE_XSAVE, XSTATE_XSAVEC, XSTATE_XSAVEOPT, XSTATE_XRSTOR};
    uint8_t *area = area_map();
    uint64_t at = (uint64_t)area, reserved = 1ULL << 40;

    skip_unless_patched();
    for (unsigned i = 0; i < 4; i++)
        check_fault_at(a, at + 8, all[i], GP, 0, 0); /* not aligned */
    memcpy(area + XSTATE_BV, &reserved, 8);
    check_fault_at(a, at, XSTATE_XRSTOR, GP, 0, 0);
    memset(area, 0, AREA_SIZE);
    reserved = 0xe7;
    memcpy(area + XSTATE_BV, &reserved, 8); /* components outside XFRM */
    check_fault_at(a, at, XSTATE_XRSTOR, GP, 0, 0);
    memset(area, 0, AREA_SIZE);
    expect_equal(mprotect(area, PAGE, PROT_READ), 0);
    for (unsigned i = 0; i < 3; i++)
        check_fault_at(a, at, all[i], PF, 7, at);
    expect_equal(munmap(area, AREA_SIZE), 0);
    for (unsigned i = 0; i < 3; i++)
        check_fault_at(a, at, all[i], PF, 6, at);
    check_fault_at(a, at, XSTATE_XRSTOR, PF, 4, at);
    /* the code of the enclave cannot be written */
    check_fault_at(a, (uint64_t)a->base + ABI_CODE + 64, XSTATE_XSAVE, PF, 7,
                   (uint64_t)a->base + ABI_CODE);
    expect_equal(peek(a, ABI_EXINFO), (uint64_t)a->base + ABI_CODE);
}

void state_outside_is_the_hosts(struct abi *a)
{
    struct sgx_enclave_run run;

    if (!has_wide())
        skip("no AVX-512 here");
    for (unsigned i = 0; i < 4; i++) { /* the second entry may take the fast path */
        uint64_t operands[6] = {ABI_OUTSIDE};

        expect_equal(outside_enter(a, SGX_EENTER, operands, &run), 0);
        expect_exit(run);
        expect_equal(operands[0], 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        uint64_t operands[6] = {ABI_OUTSIDE, 1}, none[6] = {0};

        expect_equal(outside_enter(a, SGX_EENTER, operands, &run), 0);
        expect_fault(run, SGX_ERESUME, 6, 0, 0);
        expect_equal(handle(a, 2), 0x80000306);
        expect_equal(outside_enter(a, SGX_ERESUME, none, &run), 0);
        expect_exit(run);
    }
}

static void on_tick(int signo, void *info, void *context)
{
    (void)signo;
    (void)info;
    (void)context;
    if (has_wide())
        __asm__ volatile("vpternlogq $0xff, %%zmm31, %%zmm31, %%zmm31" : : : "memory");
}

void state_outside_survives_interrupts(struct abi *a)
{
    on_signal(SIGALRM, on_tick, SA_RESTART);
    every(200);
    for (unsigned i = 0; i < 400; i++) {
        uint64_t operands[6] = {ABI_SPIN, i % 2 ? 20 : 200000, 0, (uint64_t)a->base + ABI_SSA};
        struct sgx_enclave_run run;

        expect_equal(outside_enter(a, SGX_EENTER, operands, &run), 0);
        expect_exit(run);
        expect_equal(operands[0], 1);
    }
    every(0);
}

/* PKRU is 0 inside, so a key to which the host has denied access does not stop the enclave. */
void protection_keys_are_the_hosts(struct abi *a)
{
    uint32_t eax, ebx, ecx, edx, before, after;
    uint8_t *area = area_map();
    int key;

    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || !(ecx & 1U << 4))
        skip("no protection keys here");
    key = (int)syscall(SYS_pkey_alloc, 0, DISABLE_ACCESS);
    expect(key > 0);
    expect_equal(syscall(SYS_pkey_mprotect, area, PAGE, PROT_READ | PROT_WRITE, key), 0);
    __asm__ volatile("rdpkru" : "=a"(before) : "c"(0) : "edx");
    for (unsigned i = 0; i < 3; i++) {
        expect_exit(ENTER(a, ABI_STORE, (uint64_t)area, 7));
        __asm__ volatile("rdpkru" : "=a"(after) : "c"(0) : "edx");
        expect_equal(after, before);
    }
}

/* @at: the offset of abi_xgetbv or of a copy of it */
static void check_xgetbv_at(const struct abi *a, uint64_t at)
{
    uint64_t base = (uint64_t)a->base;
    uint64_t leave = base + ABI_CODE + (uint64_t)(abi_leave - abi_code_begin);
    uint64_t operands[6] = {ABI_JUMP, base + at, 0, leave};

    expect_exit(enter_as(a, 0, SGX_EENTER, operands));
    expect_equal(operands[0], XFRM);
}

/* Code that is added by SGX2 has such instructions too, whether it is copied with breakpoints or
 * new. */
void code_that_comes_later_is_found(struct abi *a)
{
    const uint64_t base = (uint64_t)a->base, written = ABI_ABSENT + PAGE;
    uint64_t copy[6] = {ABI_LEAF, base + ABI_DATA, base + ABI_ABSENT, base + ABI_CODE,
                        SGX_EACCEPTCOPY};
    uint64_t accept[6] = {ABI_LEAF, base + ABI_DATA, base + written, 0, SGX_EACCEPT};
    uint64_t extend[6] = {ABI_LEAF, base + ABI_DATA, base + written, 0, SGX_EMODPE};
    uint64_t code[2];

    skip_unless_patched();
    check_xgetbv_at(a, ABI_CODE + (uint64_t)(abi_xgetbv - abi_code_begin));
    expect_equal(mprotect(a->base + ABI_ABSENT, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
    poke(a, ABI_DATA, REG(SGX_SECINFO_R | SGX_SECINFO_X));
    expect_exit(enter_as(a, 0, SGX_EENTER, copy));
    expect_equal(copy[0], 0);
    check_xgetbv_at(a, ABI_ABSENT + (uint64_t)(abi_xgetbv - abi_code_begin));

    poke(a, ABI_DATA, REG(SGX_SECINFO_PENDING | SGX_SECINFO_R | SGX_SECINFO_W));
    expect_exit(enter_as(a, 0, SGX_EENTER, accept));
    expect_equal(accept[0], 0);
    memcpy(code, abi_xgetbv, sizeof(code));
    poke(a, written + 64, code[0]);
    poke(a, written + 72, code[1]);
    poke(a, ABI_DATA, REG(SGX_SECINFO_R | SGX_SECINFO_X));
    expect_exit(enter_as(a, 0, SGX_EENTER, extend));
    check_xgetbv_at(a, written + 64);
}
