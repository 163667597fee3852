/* SPDX-License-Identifier: Apache-2.0 */
/* Entry points of the probe, the enclave by which the SDK is tested. */
#ifndef PROBE_H
#define PROBE_H

#include <stdint.h>

enum {
    PROBE_ECHO,       /* every byte plus one; returns the size */
    PROBE_COUNT,      /* a thread-local counter: returns how often this thread was asked */
    PROBE_OCALL,      /* struct probe_ocall: call out */
    PROBE_UD,         /* #UD with a handler that steps over it */
    PROBE_PAGE_FAULT, /* #PF with a handler; returns vector << 32 | low half of the address */
    PROBE_CRASH,      /* #UD without a handler */
    PROBE_HALT,       /* #GP */
    PROBE_ABORT,
    PROBE_CONTROL,   /* MXCSR << 32 | x87 control word << 16 | AC and DF of the flags */
    PROBE_RELOCATED, /* checks pointers in initialised data */
    PROBE_HEAP,      /* in: u64 size; returns 1 when it could be had */
    PROBE_REPORT,    /* makes a report for itself and checks it, whole and broken */
    PROBE_SEAL,      /* seals and unseals with labels, sizes and every flipped bit */
    PROBE_RANGES,    /* inside and outside at every border */
    PROBE_SPIN,      /* in: u64 rounds; registers and vectors must survive what interrupts them */
    PROBE_SMASH,     /* overwrites its stack guard */
    PROBE_OCALL_IN_HANDLER, /* tries to call out from an exception handler */
    PROBE_NULL,             /* a NULL row of the table */
    PROBE_ENDLESS_FAULT,    /* an exception inside the exception handler */
    PROBE_COUNT_OF,
};

struct probe_ocall {
    uint32_t index;
    uint32_t size;
    int64_t result;
    uint8_t bytes[256];
};

#endif
