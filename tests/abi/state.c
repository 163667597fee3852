/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state that an asynchronous exit saves, that it shows to the host, and that ERESUME restores.
 * ABI_STATE loads every register of the processor with a different value.
 */
#include "tests.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

enum {
    IN = ABI_DATA + STATE_IN,
    OUT = ABI_DATA + STATE_OUT,
    FCW = 0x27f,     /* double precision, all masked */
    MXCSR = 0x7fa1,  /* rounds down, all masked, two exceptions seen */
    GPRS = 16,       /* RAX RCX RDX RBX RSP RBP RSI RDI R8 to R15 */
    XSAVE_AVX = 576, /* upper halves */
};
#define RFLAGS UINT64_C(0x202)

static uint64_t gpr_value(unsigned i)
{
    return UINT64_C(0x0123456789abcd00) + i;
}

static uint64_t ymm_value(unsigned i, unsigned quarter)
{
    return UINT64_C(0x7711220033440000) + i * 16 + quarter;
}

static void state_prepare(const struct abi *a, uint64_t rflags)
{
    for (unsigned i = 0; i < GPRS; i++)
        poke(a, IN + 8 * i, gpr_value(i));
    for (unsigned i = 0; i < 64; i++)
        poke(a, IN + STATE_YMM + 8 * i, ymm_value(i / 4, i % 4));
    poke(a, IN + STATE_RFLAGS, rflags);
    poke(a, IN + STATE_FCW, FCW | (uint64_t)MXCSR << 32);
}

static struct sgx_enclave_run state_enter(const struct abi *a, uint64_t rflags,
                                          struct abi_seen *seen)
{
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base};

    state_prepare(a, rflags);
    expect_equal(run_with(&run, SGX_EENTER, (uint64_t[6]){ABI_STATE, STATE_AT_UD}, seen), 0);
    expect_fault(run, SGX_ERESUME, 6, 0, 0);
    return run;
}

void exits_save_registers(struct abi *a)
{
    struct abi_seen seen;

    (void)state_enter(a, RFLAGS | 0x8c1, &seen);
    for (unsigned i = 0; i < GPRS; i++)
        expect_equal(peek(a, ABI_GPRS + 8 * i), gpr_value(i));
    expect_equal(peek(a, ABI_GPRS_RFLAGS) & ~FLAG_RF, RFLAGS | 0x8c1);
    expect_equal(peek(a, ABI_GPRS_RIP),
                 (uint64_t)a->base + ABI_CODE + (uint64_t)(abi_state_ud - abi_code_begin));
    expect_equal(peek(a, ABI_GPRS_EXITINFO), 0x80000306);
    expect_equal(peek(a, ABI_GPRS_FSBASE), (uint64_t)a->base + ABI_DATA);
    expect_equal(peek(a, ABI_GPRS_FSBASE + 8), (uint64_t)a->base + ABI_SSA);
}

void exits_save_vectors(struct abi *a)
{
    struct abi_seen seen;

    (void)state_enter(a, RFLAGS, &seen);
    expect_equal(peek(a, ABI_SSA) & 0xffff, FCW);
    expect_equal(peek(a, ABI_SSA) >> 16 & 0x3fff, 0x3800); /* FSW: one value on the stack */
    expect_equal(peek(a, ABI_SSA + 24) & 0xffffffff, MXCSR);
    expect_equal(peek(a, ABI_SSA + 32), UINT64_C(0xc90fdaa22168c235)); /* ST0: pi */
    expect_equal(peek(a, ABI_SSA + 512), SGX_XFRM_AVX);                /* XSTATE_BV */
    for (unsigned i = 0; i < 16; i++)
        for (unsigned k = 0; k < 2; k++) {
            expect_equal(peek(a, ABI_SSA + 160 + 16 * i + 8 * k), ymm_value(i, k));
            expect_equal(peek(a, ABI_SSA + XSAVE_AVX + 16 * i + 8 * k), ymm_value(i, k + 2));
        }
}

/* The synthetic state, as far as the vDSO function passes it on. */
void exits_show_nothing(struct abi *a)
{
    struct abi_seen seen;

    (void)state_enter(a, RFLAGS, &seen);
    expect_equal(seen.rbx, ABI_RBX_KEPT);
    expect_equal(seen.rbp, seen.rsp);
    for (unsigned i = 0; i < 8; i++)
        expect_equal(seen.r[i], 0);
    expect_equal(seen.fcw, 0x37f);
    expect_equal(seen.fsw, 0);
    expect_equal(seen.mxcsr, 0x1f80);
    for (unsigned i = 0; i < 64; i++)
        expect_equal(seen.ymm[i / 4][i % 4], 0);
}

static void check_restored(const struct abi *a, uint64_t rflags)
{
    for (unsigned i = 0; i < GPRS; i++)
        expect_equal(peek(a, OUT + 8 * i), gpr_value(i));
    for (unsigned i = 0; i < 64; i++)
        expect_equal(peek(a, OUT + STATE_YMM + 8 * i), ymm_value(i / 4, i % 4));
    expect_equal(peek(a, OUT + STATE_RFLAGS) & ~FLAG_RF, rflags);
    expect_equal(peek(a, OUT + STATE_FCW) & 0xffff, FCW);
    expect_equal(peek(a, OUT + STATE_FCW) >> 32, MXCSR);
    expect_equal(peek(a, OUT + STATE_ST0), UINT64_C(0x400921fb54442d18)); /* pi */
}

void resume_restores_everything(struct abi *a)
{
    struct abi_seen seen;

    (void)state_enter(a, RFLAGS | 0x8c1, &seen);
    expect_equal(handle(a, 2), 0x80000306);
    expect_exit(RESUME(a, 0));
    check_restored(a, RFLAGS | 0x8c1);
}

static void wide_registers(uint64_t *ret_vector, uint64_t *ret_mask)
{
    uint64_t vector[8];

    __asm__ volatile("vmovdqu64 %%zmm31, %0\n\tkmovw %%k1, %k1\n\t"
                     "vpternlogq $0xff, %%zmm31, %%zmm31, %%zmm31\n\tkxnorw %%k1, %%k1, %%k1"
                     : "=m"(vector), "=r"(*ret_mask));
    *ret_vector = 0;
    for (unsigned i = 0; i < 8; i++)
        *ret_vector |= vector[i];
}

/* With all of AVX-512 in XFRM, the host sees none of it, and its own values do not get inside. */
void wide_state_survives(struct abi *a)
{
    uint64_t operands[6] = {ABI_WIDE, 0x5a5a}, vector, mask;
    uint32_t xcr0, high;

    if (!__builtin_cpu_supports("avx512f"))
        skip("no AVX-512 here");
    __asm__("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
    expect_equal(xcr0 & SGX_XFRM_AVX512, SGX_XFRM_AVX512);
    a->secs.attributes.xfrm = a->signature.attributes.xfrm = SGX_XFRM_AVX512;
    abi_load(a);
    expect_fault(enter_as(a, 0, SGX_EENTER, operands), SGX_ERESUME, 6, 0, 0);
    wide_registers(&vector, &mask);
    expect_equal(vector, 0);
    expect_equal(mask, 0);
    expect_equal(peek(a, ABI_SSA + 512) & 0xa0, 0xa0); /* XSTATE_BV: masks, ZMM16 to 31 */
    expect_equal(handle(a, 2), 0x80000306);
    expect_exit(enter_as(a, 0, SGX_ERESUME, operands));
    expect_equal(operands[0], 1);
}

/* -- interrupts: the enclave waits in a loop until the handler of a signal advances RIP -- */

static const struct abi *interrupted;
static volatile sig_atomic_t moved;
static uint64_t seen_gregs[NGREG], seen_xstate, seen_mxcsr;

static void on_interrupt(int signo, void *info, void *context)
{
    const ucontext_t *uc = context;
    uint64_t loop =
        (uint64_t)interrupted->base + ABI_CODE + (uint64_t)(abi_state_loop - abi_code_begin);

    (void)signo;
    (void)info;
    abi_clear_ac();
    if (moved || (uint64_t)uc->uc_mcontext.gregs[REG_RBX] != (uint64_t)interrupted->base ||
        uc->uc_mcontext.gregs[REG_RAX] != SGX_ERESUME || peek(interrupted, ABI_GPRS_RIP) != loop)
        return;
    for (unsigned i = 0; i < NGREG; i++)
        seen_gregs[i] = (uint64_t)uc->uc_mcontext.gregs[i];
    memcpy(&seen_xstate, (const uint8_t *)uc->uc_mcontext.fpregs + 512, 8);
    seen_mxcsr = uc->uc_mcontext.fpregs->mxcsr;
    expect_equal(handle(interrupted, 2), 0); /* EXITINFO: not an exception */
    moved = 1;
}

static void interrupt(struct abi *a, uint64_t rflags)
{
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base};
    struct abi_seen seen;

    interrupted = a;
    moved = 0;
    state_prepare(a, rflags);
    on_signal(SIGALRM, on_interrupt, 0);
    every(1000);
    expect_equal(run_with(&run, SGX_EENTER, (uint64_t[6]){ABI_STATE, STATE_AT_LOOP}, &seen), 0);
    every(0);
    expect_exit(run);
    expect_equal(moved, 1);
}

void interrupts_show_nothing(struct abi *a)
{
    static const int cleared[] = {REG_RDX, REG_RSI, REG_RDI, REG_R8,  REG_R9, REG_R10,
                                  REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

    interrupt(a, RFLAGS | 0x8d5);
    expect_equal(seen_gregs[REG_RAX], SGX_ERESUME);
    expect_equal(seen_gregs[REG_RBX], (uint64_t)a->base);
    expect_equal(seen_gregs[REG_RCX], seen_gregs[REG_RIP]); /* the AEP */
    expect_equal(seen_gregs[REG_EFL] & (FLAGS_STATUS | FLAG_RF), 0);
    for (size_t i = 0; i < sizeof(cleared) / sizeof(cleared[0]); i++)
        expect_equal(seen_gregs[cleared[i]], 0);
    /* RSP and RBP are the host's: only registers saved by the vDSO function are between them */
    expect(seen_gregs[REG_RSP] != gpr_value(4));
    expect(seen_gregs[REG_RBP] - seen_gregs[REG_RSP] < 256);
    /* in the initial state; the other components are the host's */
    expect_equal(seen_xstate & SGX_XFRM_AVX, 0);
    expect_equal(seen_mxcsr, 0x1f80);
    check_restored(a, RFLAGS | 0x8d5);
}

static sigjmp_buf left;

static void on_leave(int signo, void *info, void *context)
{
    on_interrupt(signo, info, context);
    if (moved)
        siglongjmp(left, 1);
}

/* The handler never returns to the AEP: the interrupted state stays in the SSA until an ERESUME. */
void interrupts_may_be_left(struct abi *a)
{
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base};
    struct abi_seen seen;

    interrupted = a;
    state_prepare(a, RFLAGS | FLAG_AC | FLAG_DF | 1);
    on_signal(SIGALRM, on_leave, 0);
    if (sigsetjmp(left, 1) == 0) {
        every(1000);
        (void)run_with(&run, SGX_EENTER, (uint64_t[6]){ABI_STATE, STATE_AT_LOOP}, &seen);
        expect(false);
    }
    every(0);
    for (int i = 0; i < 10; i++)
        expect_exit(ENTER(a, ABI_NOTHING)); /* at CSSA 1 */
    expect_exit(RESUME(a, 0));
    check_restored(a, RFLAGS | FLAG_AC | FLAG_DF | 1);
}

/* -- flags with which signals and C code fail -- */

static void check_flag(struct abi *a, uint64_t flag)
{
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base,
                                  .user_handler = (uint64_t)abi_exit_handler};
    struct abi_seen seen;

    for (int i = 0; i < 3; i++) {
        (void)state_enter(a, RFLAGS | flag | 0x41, &seen);
        expect_equal(seen.rflags & flag, flag); /* an exit does not clear it */
        expect_equal(peek(a, ABI_GPRS_RFLAGS) & ~FLAG_RF, RFLAGS | flag | 0x41);
        expect_equal(handle(a, 2), 0x80000306);
        expect_exit(RESUME(a, 0));
        check_restored(a, RFLAGS | flag | 0x41);
    }
    for (int i = 0; i < 3; i++) { /* EEXIT by a signal and by the fast path */
        run.user_handler = 0;
        expect_equal(run_with(&run, SGX_EENTER, (uint64_t[6]){ABI_FLAGS, RFLAGS | flag}, &seen), 0);
        expect_exit(run);
        expect_equal(seen.rflags & flag, flag);
    }
}

void alignment_flag_comes_and_goes(struct abi *a)
{
    check_flag(a, FLAG_AC);
    check_flag(a, FLAG_AC | FLAG_DF);
}

static int decide_nothing(struct sgx_enclave_run *run)
{
    (void)run;
    return 0;
}

void direction_flag_comes_and_goes(struct abi *a)
{
    struct sgx_enclave_run run = {.tcs = (uint64_t)a->base,
                                  .user_handler = (uint64_t)abi_exit_handler};
    struct abi_seen seen;

    check_flag(a, FLAG_DF);
    abi_decide = decide_nothing;
    for (int i = 0; i < 3; i++) { /* cleared for a handler, which is C code */
        abi_saw.rflags = FLAG_DF;
        expect_equal(run_with(&run, SGX_EENTER, (uint64_t[6]){ABI_FLAGS, RFLAGS | FLAG_DF}, &seen),
                     0);
        expect_equal(abi_saw.rflags & FLAG_DF, 0);
    }
}

void flags_survive_interrupts(struct abi *a)
{
    const uint64_t flags[] = {FLAG_AC, FLAG_DF, FLAG_AC | FLAG_DF,
                              FLAG_AC | FLAG_DF | FLAGS_STATUS};

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        interrupt(a, RFLAGS | flags[i]);
        expect_equal(seen_gregs[REG_EFL] & (FLAG_AC | FLAG_DF | FLAGS_STATUS),
                     flags[i] & (FLAG_AC | FLAG_DF));
        check_restored(a, RFLAGS | flags[i]);
    }
}
