/* SPDX-License-Identifier: Apache-2.0 */
/* Work for inside and outside: a chain of dependent arithmetic and loads, so that its time is set
 * by latencies and not by where the linker put a loop. */
#ifndef SGX_WORK_H
#define SGX_WORK_H

#include <stdint.h>

enum {
    SGX_WORK_TABLE = 4096, /* words, 32 KiB */
    SGX_WORK_TEXT = 4096,  /* bytes that are encrypted in a round */
};

/** struct sgx_work_encrypt - the argument of the call that encrypts */
struct sgx_work_encrypt {
    uint32_t features; /* set of enum accel */
    uint32_t rounds;
};

__attribute__((noinline, aligned(64))) static uint64_t sgx_work(uint64_t *table, uint64_t rounds)
{
    uint64_t x = rounds | 1;

    for (uint64_t i = 0; i < rounds; i++) {
        x = x * UINT64_C(0x9e3779b97f4a7c15) + table[x >> 52];
        table[x & (SGX_WORK_TABLE - 1)] = x ^ x >> 29;
    }
    return x;
}

#endif
