/* emulator/layout.h: offsets that entry.S shares with C; thread.h proves them. */
#ifndef COFFER_EMULATOR_LAYOUT_H
#define COFFER_EMULATOR_LAYOUT_H

#define THREAD_SLOT_SIZE                                                                           \
    0x10000                      /* bytes and alignment of a thread's block with its signal stack  \
                                  */
#define THREAD_BLOCK_SIZE 0x1000 /* bytes at its bottom that are not stack */

#define THREAD_INSIDE     0
#define THREAD_SELECTOR   1
#define THREAD_HOST_FS    8
#define THREAD_HOST_GS    16
#define THREAD_ENCLAVE_FS 24
#define THREAD_ENCLAVE_GS 32

#define SELECTOR_ALLOW 0
#define SELECTOR_BLOCK 1

#define RUN_TCS          0
#define RUN_FUNCTION     8
#define RUN_VECTOR       12
#define RUN_ERROR        14
#define RUN_ADDRESS      16
#define RUN_USER_HANDLER 24
#define RUN_RESERVED     40
#define RUN_SIZE         256

#endif
