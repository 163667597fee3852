/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/thread.h: what the emulator keeps for each thread: a slot of 64 KiB in one
 * arena, the block at its bottom and the thread's signal stack above it. The arena makes "which
 * thread is this" a comparison and a mask on RSP, which works with any FS base, and tells a thread
 * that was never seen. Slots of dead threads are taken again.
 */
#ifndef COFFER_EMULATOR_PROCESS_THREAD_H
#define COFFER_EMULATOR_PROCESS_THREAD_H

#include <stdbool.h>

#include "emulator/signal/kernel_abi.h"
#include "emulator/layout.h"
#include "emulator/process/process.h"

enum {
    THREAD_MAX = 4096, /* slots; a thread above that handles signals but runs no enclave */
};

struct enclave;
struct tcs_page;
struct sgx_gprsgx;

struct thread {
    uint8_t
        inside; /* FS, GS and the registers are an enclave's; set right before returning to it */
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
    } fast;

    struct tcs_page *page;   /* of the last entry */
    uint64_t tcs;            /* its linear address */
    struct enclave *enclave; /* the last one entered */

    struct kernel_stack stack; /* the application's signal stack, as it set it */
    uint64_t blocked;          /* synchronous signals that the application believes blocked */
    uint64_t held;             /* of those, which were sent meanwhile */
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
static_assert(offsetof(struct thread, page) == THREAD_PAGE, "layout.h");
static_assert(sizeof(struct thread) <= THREAD_BLOCK_SIZE, "layout.h");

/** thread_arena, thread_arena_size - in bytes; read by entry.S. Size 0 until thread_setup(). */
extern uint64_t thread_arena __attribute__((visibility("hidden")));
extern uint64_t thread_arena_size __attribute__((visibility("hidden")));

/** thread_setup() - reserve the arena, once a process. Return: 0; -ENOMEM. */
int thread_setup(void);

/**
 * thread_adopt() - find or make the block of the calling thread and arm its system call dispatch
 * @stack: its signal stack as the kernel knows it now, kept as the application's
 * Return: NULL when all slots are taken. The caller makes the kernel use thread_signal_stack().
 */
struct thread *thread_adopt(const struct kernel_stack *stack);

/** thread_find() - the calling thread's block, NULL when it has none; for code on a normal stack */
struct thread *thread_find(void);

/** thread_current() - thread_find(), else adopt and install its signal stack. NULL: no room. */
struct thread *thread_current(void);

/** thread_signal_stack() - what the kernel has to know as this thread's signal stack */
struct kernel_stack thread_signal_stack(const struct thread *t);

/** thread_after_fork() - the child keeps its stack but not its id nor its dispatch: set both.
 *  Does nothing in a process that did not fork. */
void thread_after_fork(struct thread *t);

#endif
