/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/layout.h: offsets that entry.S shares with C, where static_assert() proves them. */
#ifndef COFFER_EMULATOR_LAYOUT_H
#define COFFER_EMULATOR_LAYOUT_H

#define THREAD_SLOT_SIZE  0x10000 /* bytes and alignment of a thread's block and signal stack */
#define THREAD_BLOCK_SIZE 0x4000  /* bytes of the block, at the bottom of the slot */
#define THREAD_STATE_AREA 0x1000  /* in the block: the host's state outside XFRM, see xsave.h */

#define THREAD_INSIDE     0
#define THREAD_SELECTOR   1
#define THREAD_HOST_FS    8
#define THREAD_HOST_GS    16
#define THREAD_ENCLAVE_FS 24
#define THREAD_ENCLAVE_GS 32

/* results of this thread's last EENTER, for the next one (cpu/fast.c) */
#define THREAD_FAST_GENERATION 40
#define THREAD_FAST_TCS        48
#define THREAD_FAST_PAGE       56
#define THREAD_FAST_GPRS       64
#define THREAD_FAST_ENTRY      72
#define THREAD_FAST_FS         80
#define THREAD_FAST_GS         88
#define THREAD_FAST_OUTSIDE    96
#define THREAD_PAGE            104
#define THREAD_OUTSIDE         112
#define THREAD_RDX             120

#define TCS_STATE 0
#define TCS_CSSA  24
#define TCS_AEP   40
#define GPRS_URSP 144
#define GPRS_URBP 152

#define CONTEXT_RSP 160 /* RSP of the interrupted code in the context of a signal */

/* The frame of a signal (signal/inject.c) */
#define FRAME_CONTEXT 8
#define FRAME_INFO    312

#define SELECTOR_ALLOW 0
#define SELECTOR_BLOCK 1

#define FLAGS_OF_C 0x202 /* RFLAGS: IF and bit 1; neither AC nor DF */

#define RUN_TCS          0
#define RUN_FUNCTION     8
#define RUN_VECTOR       12
#define RUN_ERROR        14
#define RUN_ADDRESS      16
#define RUN_USER_HANDLER 24
#define RUN_RESERVED     40
#define RUN_SIZE         256

#endif
