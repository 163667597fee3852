/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sdk/thread.h: a thread's page, at FS:0 and GS:0 inside the enclave. Its first part holds the
 * places of the thread's memory, as offsets from the enclave's base; the loader writes it and it is
 * measured. The runtime keeps its state in the second part. entry.S uses the same numbers.
 */
#ifndef COFFER_SDK_THREAD_H
#define COFFER_SDK_THREAD_H

/* Offsets in bytes. The compiler uses the first six words: FS:0 is the address of the page, FS:0x28
 * the stack guard. */
#define SDK_THREAD_SELF          0
#define SDK_THREAD_CANARY        40
#define SDK_THREAD_SELF_OFFSET   48
#define SDK_THREAD_STACK_TOP     56
#define SDK_THREAD_EXCEPTION_TOP 64
#define SDK_THREAD_SSA           72
#define SDK_THREAD_SSA_SIZE      80 /* bytes of one frame */
#define SDK_THREAD_HEAP          88
#define SDK_THREAD_HEAP_SIZE     96
#define SDK_THREAD_ENCLAVE_SIZE  104
#define SDK_THREAD_TLS_IMAGE     112
#define SDK_THREAD_TLS_FILE_SIZE 120
#define SDK_THREAD_TLS_SIZE      128 /* bytes; the block ends where the page begins */
#define SDK_THREAD_MISCSELECT    136

/* state of the runtime; zero when measured */
#define SDK_THREAD_HOST_RSP         192
#define SDK_THREAD_HOST_RBP         200
#define SDK_THREAD_HOST_RETURN      208
#define SDK_THREAD_OCALL_RSP        216 /* 0 unless the thread waits in a call out */
#define SDK_THREAD_CALL             224
#define SDK_THREAD_IS_READY         232
#define SDK_THREAD_IN_EXCEPTION     240
#define SDK_THREAD_EXCEPTION_RSP    248 /* the host's, for an entry that handles an exception */
#define SDK_THREAD_EXCEPTION_RBP    256
#define SDK_THREAD_EXCEPTION_RETURN 264
#define SDK_THREAD_XFRM             272 /* the low half; 0 before the first call of the thread */

/* RDI at entry: why the host enters. RSI: the address of a struct sdk_call. */
#define SDK_ENTER_CALL      0
#define SDK_ENTER_RETURN    1 /* from a call out */
#define SDK_ENTER_EXCEPTION 2
#define SDK_ENTER_START     3 /* once, before any call */

#ifndef __ASSEMBLER__
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

struct sdk_thread {
    uint64_t self;
    uint64_t unused[4];
    uint64_t canary;
    uint64_t self_offset, stack_top, exception_top;
    uint64_t ssa, ssa_size;
    uint64_t heap, heap_size, enclave_size;
    uint64_t tls_image, tls_file_size, tls_size;
    uint64_t miscselect;
    uint64_t reserved[6];
    uint64_t host_rsp, host_rbp, host_return;
    uint64_t ocall_rsp;
    uint64_t call;
    uint64_t is_ready;
    uint64_t in_exception;
    uint64_t exception_rsp, exception_rbp, exception_return;
    uint64_t xfrm;
};

static_assert(offsetof(struct sdk_thread, canary) == SDK_THREAD_CANARY, "entry.S");
static_assert(offsetof(struct sdk_thread, miscselect) == SDK_THREAD_MISCSELECT, "entry.S");
static_assert(offsetof(struct sdk_thread, host_rsp) == SDK_THREAD_HOST_RSP, "entry.S");
static_assert(offsetof(struct sdk_thread, ocall_rsp) == SDK_THREAD_OCALL_RSP, "entry.S");
static_assert(offsetof(struct sdk_thread, exception_return) == SDK_THREAD_EXCEPTION_RETURN,
              "entry.S");
static_assert(offsetof(struct sdk_thread, xfrm) == SDK_THREAD_XFRM, "entry.S");

/** enum sdk_exit - why the enclave left; the host sets NONE before it enters */
enum sdk_exit {
    SDK_EXIT_NONE = 0, /* the enclave has not read the call */
    SDK_EXIT_RETURN = 1,
    SDK_EXIT_OCALL = 2,
    SDK_EXIT_RESUME = 3, /* the exception was handled: ERESUME */
};

/**
 * struct sdk_call - a call in progress, in host memory. The enclave reads each field once and
 * trusts none.
 */
struct sdk_call {
    uint32_t exit;         /* out: enum sdk_exit */
    uint32_t status;       /* out: enum coffer_status of a call in; in: of a call out */
    uint64_t index;        /* in */
    uint64_t data;         /* in: address of the bytes that go in and come back */
    uint64_t size;         /* in: bytes */
    int64_t result;        /* out */
    uint64_t ocall_index;  /* out */
    uint64_t ocall_size;   /* out: bytes used of the scratch memory */
    int64_t ocall_result;  /* in */
    uint64_t scratch;      /* in: address of memory for calls out */
    uint64_t scratch_size; /* in: bytes */
    uint64_t features;     /* in, SDK_ENTER_START: set of enum accel; a hint that can only slow down
                              or crash */
};
#endif
#endif
