/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/thread.h: the state that the emulator keeps for each thread. A thread owns a
 * slot of 64 KiB in one arena: its block (struct thread) at the bottom and its signal stack above.
 * In a signal handler the thread is found with one comparison and one mask of RSP, whatever FS is,
 * and a thread that the emulator has not seen yet is on a stack outside of the arena. The slot of a
 * thread that has ended is used again.
 */
#ifndef COFFER_EMULATOR_PROCESS_THREAD_H
#define COFFER_EMULATOR_PROCESS_THREAD_H

#include <stdbool.h>

#include "emulator/signal/kernel_abi.h"
#include "emulator/layout.h"
#include "emulator/process/process.h"

enum {
    THREAD_MAX = 4096, /* slots; a further thread handles signals but runs no enclave */
};

struct enclave;
struct tcs_page;
struct sgx_gprsgx;

struct thread {
    uint8_t inside;   /* FS, GS and the registers are an enclave's */
    uint8_t selector; /* Syscall User Dispatch: SELECTOR_ALLOW or _BLOCK */
    uint8_t pad[6];
    uint64_t host_fs, host_gs;
    uint64_t enclave_fs, enclave_gs;

    struct {
        uint64_t generation; /* valid while equal to fast_generation */
        uint64_t tcs;        /* linear address */
        struct tcs_page *page;
        struct sgx_gprsgx *gprs; /* of SSA frame 0 */
        uint64_t entry, fs, gs;
        uint64_t outside; /* components of XCR0 that XFRM does not have */
    } fast;

    struct tcs_page *page;   /* of the last entry */
    uint64_t outside;        /* components of the host's in the area of thread_state_area() */
    uint64_t rdx;            /* while the fast path needs the register */
    uint64_t tcs;            /* its linear address */
    struct enclave *enclave; /* the last one entered */

    struct kernel_stack stack; /* the application's signal stack, as it set it */
    uint64_t blocked;          /* synchronous signals that the application has blocked */
    uint64_t held;             /* those of them that were sent since */
};

static_assert(offsetof(struct thread, inside) == THREAD_INSIDE, "layout.h");
static_assert(offsetof(struct thread, selector) == THREAD_SELECTOR, "layout.h");
static_assert(offsetof(struct thread, host_fs) == THREAD_HOST_FS, "layout.h");
static_assert(offsetof(struct thread, host_gs) == THREAD_HOST_GS, "layout.h");
static_assert(offsetof(struct thread, enclave_fs) == THREAD_ENCLAVE_FS, "layout.h");
static_assert(offsetof(struct thread, enclave_gs) == THREAD_ENCLAVE_GS, "layout.h");
static_assert(offsetof(struct thread, fast.generation) == THREAD_FAST_GENERATION, "layout.h");
static_assert(offsetof(struct thread, fast.tcs) == THREAD_FAST_TCS, "layout.h");
static_assert(offsetof(struct thread, fast.page) == THREAD_FAST_PAGE, "layout.h");
static_assert(offsetof(struct thread, fast.gprs) == THREAD_FAST_GPRS, "layout.h");
static_assert(offsetof(struct thread, fast.entry) == THREAD_FAST_ENTRY, "layout.h");
static_assert(offsetof(struct thread, fast.fs) == THREAD_FAST_FS, "layout.h");
static_assert(offsetof(struct thread, fast.gs) == THREAD_FAST_GS, "layout.h");
static_assert(offsetof(struct thread, fast.outside) == THREAD_FAST_OUTSIDE, "layout.h");
static_assert(offsetof(struct thread, page) == THREAD_PAGE, "layout.h");
static_assert(offsetof(struct thread, outside) == THREAD_OUTSIDE, "layout.h");
static_assert(offsetof(struct thread, rdx) == THREAD_RDX, "layout.h");
static_assert(sizeof(struct thread) <= THREAD_STATE_AREA, "layout.h");

/** thread_arena, thread_arena_size - address and bytes, which entry.S reads; 0 before
 * thread_setup() */
extern uint64_t thread_arena __attribute__((visibility("hidden")));
extern uint64_t thread_arena_size __attribute__((visibility("hidden")));

/** thread_setup() - reserve the arena; called once in a process. Return: 0; -ENOMEM. */
int thread_setup(void);

/**
 * thread_adopt() - give the calling thread a slot and arm Syscall User Dispatch for it
 * @stack: the signal stack that the kernel has for it, which is kept as the application's
 * Return: its block; NULL when all slots are taken. The caller installs thread_signal_stack().
 */
struct thread *thread_adopt(const struct kernel_stack *stack);

/** thread_find() - the block of the calling thread, NULL when it has none. For code that is not in
 * a signal handler of the emulator. */
struct thread *thread_find(void);

/** thread_current() - thread_find(), or thread_adopt() with the signal stack installed. NULL: no
 * slot. */
struct thread *thread_current(void);

/** thread_state_area() - memory for the state that is the host's while the thread is inside: see
 *  xsave_outside_take() */
static inline uint8_t *thread_state_area(struct thread *t)
{
    return (uint8_t *)t + THREAD_STATE_AREA;
}

/** thread_signal_stack() - the signal stack that the kernel has to use for this thread */
struct kernel_stack thread_signal_stack(const struct thread *t);

/** thread_after_fork() - in the child of a fork, the thread keeps its stacks, but its id is new and
 *  Syscall User Dispatch is off: set both. Does nothing anywhere else. */
void thread_after_fork(struct thread *t);

#endif
