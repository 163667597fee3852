/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/signal/kernel_abi.h: the structures that the kernel writes on a signal stack and those
 * that rt_sigaction() takes (Linux arch/x86 uapi sigcontext.h, ucontext.h, siginfo.h). They are
 * defined here because the C libraries' definitions differ from the kernel's and from each other.
 */
#ifndef COFFER_EMULATOR_SIGNAL_KERNEL_ABI_H
#define COFFER_EMULATOR_SIGNAL_KERNEL_ABI_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SIGNAL_ILL = 4,
    SIGNAL_TRAP = 5,
    SIGNAL_BUS = 7,
    SIGNAL_FPE = 8,
    SIGNAL_KILL = 9,
    SIGNAL_SEGV = 11,
    SIGNAL_STOP = 19,
    SIGNAL_SYS = 31,
    SIGNAL_MAX = 64,
    SIGNAL_SET_SIZE = 8, /* bytes; the kernel accepts no other size */

    SIGNAL_MASK_BLOCK = 0, /* SIG_BLOCK */
    SIGNAL_MASK_UNBLOCK = 1,
    SIGNAL_MASK_SET = 2,

    SIGNAL_CODE_KERNEL = 0x80,     /* SI_KERNEL */
    SIGNAL_CODE_USER_DISPATCH = 2, /* SIGSYS: SYS_USER_DISPATCH */
    SIGNAL_CODE_BUS_ADRERR = 2,    /* SIGBUS: BUS_ADRERR */
    SIGNAL_CODE_SEGV_ACCERR = 2,   /* SIGSEGV: SEGV_ACCERR */
    SIGNAL_CODE_ILL_ILLOPN = 2,    /* SIGILL: ILL_ILLOPN */
    SIGNAL_SEND_TKILL = -6,        /* SI_TKILL */
};

/* rt_sigaction flags */
#define ACTION_NOCLDSTOP UINT64_C(0x1)
#define ACTION_NOCLDWAIT UINT64_C(0x2)
#define ACTION_SIGINFO   UINT64_C(0x4)
#define ACTION_RESTORER  UINT64_C(0x04000000)
#define ACTION_ONSTACK   UINT64_C(0x08000000)
#define ACTION_RESTART   UINT64_C(0x10000000)
#define ACTION_NODEFER   UINT64_C(0x40000000)
#define ACTION_RESETHAND UINT64_C(0x80000000)

#define ACTION_DEFAULT UINT64_C(0)
#define ACTION_IGNORE  UINT64_C(1)

struct kernel_action {
    uint64_t handler;
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask;
};

enum {
    ALTSTACK_ON = 1,       /* SS_ONSTACK: RSP is in it */
    ALTSTACK_DISABLED = 2, /* SS_DISABLE */
};

struct kernel_stack {
    uint64_t base;
    int32_t flags;
    uint32_t pad;
    uint64_t size;
};

struct kernel_regs {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, trap, oldmask, cr2;
    uint64_t fpstate; /* address of the XSAVE image, or 0 */
    uint64_t reserved[8];
};

struct kernel_context {
    uint64_t flags;
    uint64_t link;
    struct kernel_stack stack;
    struct kernel_regs regs;
    uint64_t mask;
};

struct kernel_siginfo {
    int32_t signo;
    int32_t error;
    int32_t code;
    int32_t pad;
    uint64_t address; /* faults: si_addr; user dispatch: address of the call */
    int32_t syscall;  /* user dispatch: number of the call */
    uint32_t arch;
    uint8_t rest[96];
};

static_assert(sizeof(struct kernel_regs) == 256, "uapi sigcontext_64");
static_assert(offsetof(struct kernel_context, regs) == 40, "uapi ucontext");
static_assert(offsetof(struct kernel_context, mask) == 296, "uapi ucontext");
static_assert(sizeof(struct kernel_siginfo) == 128, "uapi siginfo");

/* The XSAVE image in a signal frame. The kernel's _fpx_sw_bytes at XSAVE_SOFTWARE_OFFSET tell
 * whether the image is longer than the 512 legacy bytes, and how long it is. */
enum {
    XSAVE_MXCSR_OFFSET = 24,
    XSAVE_LEGACY_SIZE = 512,
    XSAVE_SOFTWARE_OFFSET = 464, /* bytes 464 to 511 belong to the kernel */
    XSAVE_SOFTWARE_SIZE = 48,
    XSAVE_EXTENDED_SIZE_OFFSET = 468, /* u32: size of image and trailing magic */
    XSAVE_HEADER_OFFSET = 512,        /* u64 XSTATE_BV */
    XSAVE_COMPACTED_OFFSET = 520,     /* u64 XCOMP_BV */
    XSAVE_HEADER_SIZE = 64,
    XSAVE_AVX_OFFSET = 576,
    XSAVE_AVX_SIZE = 256,
    XSAVE_FCW_INIT = 0x37f,
    XSAVE_MXCSR_INIT = 0x1f80,
};
#define XSAVE_COMPACTED      (UINT64_C(1) << 63) /* of XCOMP_BV */
#define XSAVE_SOFTWARE_MAGIC UINT32_C(0x46505853)

enum {
    TRAP_DE = 0,
    TRAP_DB = 1,
    TRAP_BP = 3,
    TRAP_UD = 6,
    TRAP_GP = 13,
    TRAP_PF = 14,
};

/* page fault error code */
enum {
    FAULT_PRESENT = 1 << 0,
    FAULT_WRITE = 1 << 1,
    FAULT_USER = 1 << 2,
    FAULT_FETCH = 1 << 4,
    FAULT_SGX = 1 << 15,
};

#endif
