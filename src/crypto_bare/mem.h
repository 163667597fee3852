/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_bare/mem.h: memory without a C library. mem.c also defines memcpy, memmove, memset, memcmp
 * and strlen, which the compiler calls on its own. That object is a library of its own, because it
 * must be linked only into images without a C library (the emulator's library, an enclave).
 */
#ifndef COFFER_CRYPTO_BARE_MEM_H
#define COFFER_CRYPTO_BARE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h> /* declarations only */

#include "crypto_bare/bytes.h"

/** mem_wipe() - zero @size bytes, also when the compiler finds that they are not read again */
static inline void mem_wipe(void *to, size_t size)
{
    memset(to, 0, size);
    __asm__ volatile("" : : "r"(to) : "memory");
}

/** mem_equal_ct() - compare in a time that depends on @size alone */
static inline bool mem_equal_ct(const void *a, const void *b, size_t size)
{
    const volatile uint8_t *x = a;
    const volatile uint8_t *y = b;
    unsigned difference = 0;

    for (size_t i = 0; i < size; i++)
        difference |= (unsigned)(x[i] ^ y[i]);
    return difference == 0;
}

/** mem_is_zero() - true when every byte is 0 (and for size 0) */
static inline bool mem_is_zero(const void *bytes, size_t size)
{
    const uint8_t *p = bytes;
    uint64_t bits = 0;

    for (; size >= 32 && bits == 0; p += 32, size -= 32)
        bits = load_u64le(p) | load_u64le(p + 8) | load_u64le(p + 16) | load_u64le(p + 24);
    for (; size > 0 && bits == 0; p++, size--)
        bits |= *p;
    return bits == 0;
}

#endif
