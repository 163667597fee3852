/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/cpu/transition.h: entering and leaving an enclave other than by EEXIT (SDM 36.3 EENTER
 * and ERESUME, chapter 37 asynchronous exit). These edit the context that the signal handler will
 * return to.
 */
#ifndef COFFER_EMULATOR_CPU_TRANSITION_H
#define COFFER_EMULATOR_CPU_TRANSITION_H

#include "emulator/enclave/enclave.h"
#include "emulator/signal/dispositions.h"

/** struct tcs_page - a TCS where it lies; processor memory, atomic where threads meet */
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

/** struct exception - what an instruction met, for the SSA and for the host */
struct exception {
    int vector;       /* TRAP_*; -1: none, an interrupt */
    uint32_t error;   /* page fault error code */
    uint64_t address; /* faulting address */
};

#define EXCEPTION_NONE ((struct exception){.vector = -1})
#define EXCEPTION_GP   ((struct exception){.vector = TRAP_GP})

/** aex_enter() - EENTER. Return: EXCEPTION_NONE with @uc and @t inside, or the fault it raises. */
struct exception aex_enter(struct thread *t, struct kernel_context *uc);

/** aex_resume() - ERESUME, likewise */
struct exception aex_resume(struct thread *t, struct kernel_context *uc);

/** aex_leave() - EEXIT: to the address in RBX. Return: EXCEPTION_NONE, or #GP and nothing changed.
 */
struct exception aex_leave(struct thread *t, struct kernel_context *uc);

/** aex_interrupt() - asynchronous exit: save to the SSA, go to the AEP in the synthetic state */
void aex_interrupt(struct thread *t, struct kernel_context *uc, struct exception why);

/** aex_pop_ssa() - EDECCSSA. Return: EXCEPTION_NONE, or #GP when CSSA is 0. */
struct exception aex_pop_ssa(struct thread *t);

#endif
