/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AEX-Notify: when its flag is set in SECS, in the TCS and in the frame, ERESUME enters at the
 * entry point, and the interrupted state stays in its frame (SDM vol. 3D, ERESUME).
 */
#include "tests.h"

#include <signal.h>

enum {
    UD = 6,
    GP = 13,
    UD_INFO = 0x80000306,
};

/* The word of the frame with EXITINFO and the flag. */
#define NOTIFY_WORD ABI_GPRS_EXITINFO
#define NOTIFY      (UINT64_C(1) << 56)

static void load_notified(struct abi *a, uint64_t attribute, uint64_t tcs_flag)
{
    a->secs.attributes.flags |= attribute;
    a->signature.attributes = a->secs.attributes;
    a->tcs_flags = tcs_flag;
    abi_load(a);
}

static void notify_load(struct abi *a)
{
    load_notified(a, SGX_ATTRIBUTE_AEXNOTIFY, SGX_TCS_AEXNOTIFY);
    poke(a, NOTIFY_WORD, NOTIFY);
}

/* The CSSA that the enclave finds when it is entered by @leaf. */
static uint64_t frame_at(const struct abi *a, unsigned leaf)
{
    uint64_t operands[6] = {ABI_BASES};

    expect_exit(enter_as(a, 0, leaf, operands));
    return operands[2];
}

void notification_needs_both_flags(struct abi *a)
{
    struct abi other;

    load_notified(a, SGX_ATTRIBUTE_AEXNOTIFY, 0);
    expect_fault(ENTER(a, ABI_NOTHING), SGX_EENTER, GP, 0, 0);
    expect_fault(RESUME(a, 0), SGX_ERESUME, GP, 0, 0);
    abi_open(&other);
    other.tcs_flags = SGX_TCS_AEXNOTIFY;
    load_notified(&other, 0, SGX_TCS_AEXNOTIFY);
    expect_fault(ENTER(&other, ABI_NOTHING), SGX_EENTER, GP, 0, 0);
}

void resume_notifies(struct abi *a)
{
    notify_load(a);
    expect_equal(frame_at(a, SGX_EENTER), 0);
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, UD, 0, 0);
    for (int i = 0; i < 3; i++) /* the frame stays, so every ERESUME notifies */
        expect_equal(frame_at(a, SGX_ERESUME), 1);
    expect_equal(frame_at(a, SGX_EENTER), 1);
    /* the exit has not changed the flag; without it, the interrupted state is resumed */
    expect_equal(peek(a, NOTIFY_WORD), NOTIFY | UD_INFO);
    expect_equal(handle(a, 2), UD_INFO);
    poke(a, NOTIFY_WORD, UD_INFO);
    expect_exit(RESUME(a, ABI_BASES));
    expect_equal(frame_at(a, SGX_EENTER), 0);
    expect_fault(RESUME(a, ABI_BASES), SGX_ERESUME, GP, 0, 0);
}

void notification_needs_a_frame(struct abi *a)
{
    notify_load(a);
    poke(a, NOTIFY_WORD + PAGE, NOTIFY); /* in frame 1, the last one */
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, UD, 0, 0);
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, UD, 0, 0);
    expect_fault(RESUME(a, ABI_BASES), SGX_ERESUME, GP, 0, 0);
    expect_fault(RESUME(a, ABI_BASES), SGX_ERESUME, GP, 0, 0); /* and the TCS is not busy */
}

/* Like Intel's runtime: the handler gives up its frame and continues the thread. */
void handlers_end_by_edeccssa(struct abi *a)
{
    notify_load(a);
    for (int i = 0; i < 3; i++) {
        expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, UD, 0, 0);
        expect_exit(RESUME(a, ABI_POP));
        expect_equal(frame_at(a, SGX_EENTER), 0);
    }
    expect_fault(ENTER(a, ABI_UD), SGX_ERESUME, UD, 0, 0);
    expect_fault(RESUME(a, ABI_POP, 1), SGX_ERESUME, UD, 0, 0); /* saved to frame 0 again */
    expect_equal(frame_at(a, SGX_ERESUME), 1);
}

static void on_tick(int signo, void *info, void *context)
{
    (void)signo;
    (void)info;
    (void)context;
}

/* An interrupt goes to the AEP, where ERESUME notifies. The operands are those of the synthetic
 * state, all 0, with which the enclave exits. */
void interrupts_notify(struct abi *a)
{
    uint64_t spin[6] = {ABI_SPIN, UINT64_C(1) << 40, 0, (uint64_t)a->base + ABI_SSA};
    struct sgx_enclave_run run;

    notify_load(a);
    on_signal(SIGALRM, on_tick, SA_RESTART);
    every(1000);
    run = enter_as(a, 0, SGX_EENTER, spin);
    every(0);
    expect_exit(run);
    expect_equal(spin[0], 0);
    expect_equal(frame_at(a, SGX_ERESUME), 1);
    expect_equal(peek(a, NOTIFY_WORD), NOTIFY); /* EXITINFO: an interrupt */
    poke(a, ABI_GPRS + 48, 1);                  /* RSI: one round is left */
    poke(a, NOTIFY_WORD, 0);
    spin[0] = 0;
    expect_exit(enter_as(a, 0, SGX_ERESUME, spin));
    expect_equal(spin[0], 1);
    expect_equal(frame_at(a, SGX_EENTER), 0);
}
