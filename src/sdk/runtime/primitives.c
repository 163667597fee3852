/* SPDX-License-Identifier: Apache-2.0 */
/* Small services: random bytes, wiping, comparing, hashing. */
#include "crypto_bare/mem.h"
#include "crypto_bare/sha256.h"
#include "sdk/runtime/runtime.h"

enum {
    RDRAND_TRIES = 64, /* the manual recommends ten, but a busy processor may fail more often */
};

__attribute__((target("rdrnd"))) static bool random_word(unsigned long long *ret)
{
    for (int i = 0; i < RDRAND_TRIES; i++) {
        if (__builtin_ia32_rdrand64_step(ret))
            return true;
    }
    return false;
}

PUBLIC void coffer_random(void *ret, size_t size)
{
    uint8_t *to = ret;

    while (size > 0) {
        unsigned long long word = 0;
        size_t take = size < sizeof(word) ? size : sizeof(word);

        if (!random_word(&word))
            coffer_abort();
        memcpy(to, &word, take);
        to += take;
        size -= take;
    }
}

PUBLIC void coffer_wipe(void *memory, size_t size)
{
    mem_wipe(memory, size);
}

PUBLIC bool coffer_equal(const void *a, const void *b, size_t size)
{
    return mem_equal_ct(a, b, size);
}

PUBLIC void coffer_sha256(const void *data, size_t size, uint8_t ret_digest[COFFER_HASH_SIZE])
{
    sha256(data, size, ret_digest);
}
