/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The five functions that gcc and clang call on their own. `rep movsb` and `rep stosb` are fast on
 * every processor with ERMS, as all processors with SGX are, and the optimiser cannot turn them
 * into a call of the function that they implement.
 */
#include "crypto_bare/mem.h"

/* Compilers call these from any object, so they are visible in an archive. The version script of
 * the emulator's library hides them. */
#ifdef COFFER_ENCLAVE
#pragma GCC visibility push(default)
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *end = to;

    __asm__ volatile("rep movsb" : "+D"(end), "+S"(from), "+c"(size) : : "memory");
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *end = to;

    __asm__ volatile("rep stosb" : "+D"(end), "+c"(size) : "a"(value) : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *end;
    const uint8_t *last;

    if ((uintptr_t)to - (uintptr_t)from >= size)
        return memcpy(to, from, size);
    end = (uint8_t *)to + size;
    last = (const uint8_t *)from + size;
    while (size-- > 0) {
        *--end = *--last;
        __asm__ volatile("" : : : "memory");
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *x = a;
    const uint8_t *y = b;

    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i])
            return x[i] - y[i];
        __asm__ volatile("" : : : "memory");
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t len = 0;

    while (text[len]) {
        len++;
        __asm__ volatile("" : : : "memory");
    }
    return len;
}
