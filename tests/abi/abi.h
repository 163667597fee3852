/* SPDX-License-Identifier: Apache-2.0 */
/* abi.h: constants and structures that the programs of this directory share with their enclave. */
#define ABI_NOTHING    0
#define ABI_UD         1
#define ABI_LOAD       2
#define ABI_STORE      3
#define ABI_SYSCALL    4
#define ABI_HLT        5
#define ABI_LEAF       6
#define ABI_SPIN       7
#define ABI_BREAKPOINT 8
#define ABI_BASES      9
#define ABI_JUMP       10
#define ABI_STEP       11
#define ABI_ECHO       12
#define ABI_STATE      13
#define ABI_DIVIDE     14
#define ABI_X87        15
#define ABI_SSE        16
#define ABI_UNALIGNED  17
#define ABI_STACK      18
#define ABI_FLAGS      19
#define ABI_POP        20
#define ABI_IN         21
#define ABI_INT        22
#define ABI_INT80      23
#define ABI_WIDE       24
#define ABI_XGETBV     25
#define ABI_XSTATE     26
#define ABI_OUTSIDE    27
#define ABI_OPERATIONS 28

/* ABI_XSTATE: which instruction */
#define XSTATE_XSAVE    0
#define XSTATE_XSAVEC   1
#define XSTATE_XSAVEOPT 2
#define XSTATE_XRSTOR   3

/* a thread has a TCS page and two SSA frames; code and data follow, shared by all threads */
#define ABI_THREAD_SIZE 0x3000
#define ABI_THREADS     8
#define ABI_CODE        0x18000
#define ABI_DATA        0x19000
#define ABI_DATA_SIZE   0x3000
#define ABI_ABSENT      0x1c000
#define ABI_SIZE        0x20000

/* offset of SSA frame 0 from the TCS of its thread */
#define ABI_SSA           0x1000
#define ABI_GPRS          (0x2000 - 184)
#define ABI_GPRS_RFLAGS   (ABI_GPRS + 128)
#define ABI_GPRS_RIP      (ABI_GPRS + 136)
#define ABI_GPRS_EXITINFO (ABI_GPRS + 160)
#define ABI_GPRS_FSBASE   (ABI_GPRS + 168)
#define ABI_EXINFO        (ABI_GPRS - 16)

/* ABI_STATE: the state that is loaded and the state that is found afterwards, relative to FS =
 * ABI_DATA */
#define STATE_IN     0x2000
#define STATE_OUT    0x2400
#define STATE_KEPT   0x2800
#define STATE_STACK  0x2f00
#define STATE_RSP    32
#define STATE_RFLAGS 128
#define STATE_FCW    136
#define STATE_MXCSR  140
#define STATE_SITE   144
#define STATE_ST0    152
#define STATE_YMM    256

/* where ABI_STATE waits for the exit */
#define STATE_AT_UD   0
#define STATE_AT_LOOP 1

/* struct abi_seen */
#define SEEN_RBX    0
#define SEEN_RBP    8
#define SEEN_RSP    16
#define SEEN_R8     24
#define SEEN_RFLAGS 88
#define SEEN_RCX    96
#define SEEN_MXCSR  104
#define SEEN_FCW    108
#define SEEN_FSW    110
#define SEEN_YMM    128
#define SEEN_SIZE   640

#define ABI_RBX_KEPT 0x5aa5f00f12345678
#define ABI_R10_IN   0x10ca11ed00000010
