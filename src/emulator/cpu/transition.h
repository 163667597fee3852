/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/transition.h: how a thread enters and leaves an enclave (SDM 36.3: EENTER, ERESUME,
 * EEXIT, EDECCSSA; chapter 37: asynchronous enclave exit, AEX). Each function edits the context
 * that the signal handler returns to.
 */
#ifndef COFFER_EMULATOR_CPU_TRANSITION_H
#define COFFER_EMULATOR_CPU_TRANSITION_H

#include "emulator/enclave/enclave.h"
#include "emulator/signal/dispositions.h"

/** struct tcs_page - a TCS in the backing. The state is atomic, because several threads may
 *  enter. */
struct tcs_page {
    _Atomic uint64_t state; /* 0 inactive, 1 a thread is inside */
    uint64_t flags;
    uint64_t ossa;
    uint32_t cssa;
    uint32_t nssa;
    uint64_t oentry;
    uint64_t aep;
    uint64_t ofs_base;
    uint64_t ogs_base;
};

static_assert(offsetof(struct tcs_page, state) == TCS_STATE, "layout.h");
static_assert(offsetof(struct tcs_page, cssa) == TCS_CSSA, "layout.h");
static_assert(offsetof(struct tcs_page, aep) == TCS_AEP, "layout.h");
static_assert(offsetof(struct sgx_gprsgx, ursp) == GPRS_URSP, "layout.h");
static_assert(offsetof(struct sgx_gprsgx, urbp) == GPRS_URBP, "layout.h");

/** struct exception - the exception of an instruction, for the SSA and for the host */
struct exception {
    int vector;       /* TRAP_*; -1: none, or an interrupt */
    uint32_t error;   /* page fault error code */
    uint64_t address; /* faulting address */
};

#define EXCEPTION_NONE ((struct exception){.vector = -1})
#define EXCEPTION_GP   ((struct exception){.vector = TRAP_GP})

/** eenter() - EENTER. Return: EXCEPTION_NONE with @uc and @t inside, or the fault it raises. */
struct exception eenter(struct thread *t, struct kernel_context *uc);

/** eresume() - ERESUME. When AEX-Notify is set in the TCS and in the frame, it enters at the entry
 *  point with the next frame, like EENTER, and the interrupted state stays in its frame.
 *  Return: like eenter(). */
struct exception eresume(struct thread *t, struct kernel_context *uc);

/** eexit() - EEXIT to the address in RBX; the TCS is free, @t->inside is the caller's to clear.
 *  Return: EXCEPTION_NONE, or #GP with nothing changed. */
struct exception eexit(struct thread *t, struct kernel_context *uc);

/** aex() - asynchronous enclave exit: save the state to the SSA, go to the AEP in the synthetic
 *  state. @why: what caused it, EXCEPTION_NONE for an interrupt */
void aex(struct thread *t, struct kernel_context *uc, struct exception why);

/** transition_give_outside() - the thread leaves: the host's state outside XFRM comes back into the
 *  signal frame of @r */
void transition_give_outside(struct thread *t, struct kernel_regs *r);

/** edeccssa() - EDECCSSA. Return: EXCEPTION_NONE, or #GP when CSSA is 0. */
struct exception edeccssa(struct thread *t);

#endif
