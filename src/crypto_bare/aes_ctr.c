/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An AES round depends on the round before it and takes several cycles, but the unit can begin a
 * new round in each cycle. So eight blocks go through the rounds side by side. With VAES an
 * instruction is a round of two blocks. The blocks after the last eight are done one by one, and
 * the last bytes are XORed through a buffer, so that nothing after @size is read or written.
 */
#include "crypto_bare/aes_ctr.h"

#include <immintrin.h>

#include "crypto_bare/accel.h"
#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

enum {
    WIDE_BLOCKS = 8, /* blocks that are encrypted side by side */
    WIDE_SIZE = WIDE_BLOCKS * AES_BLOCK_SIZE,
    PAIRS = WIDE_BLOCKS / 2,
};

/* Reverses the bytes of a counter block, so that the counter is the lowest word of a number. */
#define BYTES_REVERSED _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)

__attribute__((target("aes,ssse3"))) static void blocks_aes_ni(const struct aes128 *a,
                                                               __m128i counter, const uint8_t *from,
                                                               uint8_t *to)
{
    const __m128i *key = (const __m128i *)(const void *)a->round_key;
    __m128i block[WIDE_BLOCKS], round_key = _mm_loadu_si128(key);

#pragma GCC unroll 8
    for (int i = 0; i < WIDE_BLOCKS; i++) {
        block[i] = _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, i));
        block[i] = _mm_xor_si128(_mm_shuffle_epi8(block[i], BYTES_REVERSED), round_key);
    }
    for (size_t round = 1; round < AES128_ROUNDS; round++) {
        round_key = _mm_loadu_si128(key + round);
#pragma GCC unroll 8
        for (int i = 0; i < WIDE_BLOCKS; i++)
            block[i] = _mm_aesenc_si128(block[i], round_key);
    }
    round_key = _mm_loadu_si128(key + AES128_ROUNDS);
#pragma GCC unroll 8
    for (int i = 0; i < WIDE_BLOCKS; i++) {
        const void *in = from + i * AES_BLOCK_SIZE;

        block[i] = _mm_aesenclast_si128(block[i], round_key);
        block[i] = _mm_xor_si128(block[i], _mm_loadu_si128((const __m128i *)in));
        _mm_storeu_si128((__m128i *)(void *)(to + i * AES_BLOCK_SIZE), block[i]);
    }
}

__attribute__((target("aes,ssse3"))) static size_t wide_aes_ni(const struct aes128 *a,
                                                               const uint8_t *first,
                                                               const uint8_t *from, uint8_t *to,
                                                               size_t size)
{
    __m128i counter = _mm_loadu_si128((const __m128i *)(const void *)first);
    size_t done = 0;

    counter = _mm_shuffle_epi8(counter, BYTES_REVERSED);
    for (; size - done >= WIDE_SIZE; done += WIDE_SIZE) {
        blocks_aes_ni(a, counter, from + done, to + done);
        counter = _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, WIDE_BLOCKS));
    }
    return done;
}

__attribute__((target("vaes,avx2"))) static inline __m256i key_pair(const struct aes128 *a,
                                                                    size_t round)
{
    const void *key = a->round_key[round];

    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)key));
}

__attribute__((target("vaes,avx2"))) static void blocks_vaes(const struct aes128 *a,
                                                             __m256i counters, const uint8_t *from,
                                                             uint8_t *to)
{
    const __m256i reversed = _mm256_broadcastsi128_si256(BYTES_REVERSED);
    __m256i pair[PAIRS], round_key = key_pair(a, 0);

#pragma GCC unroll 8
    for (int i = 0; i < PAIRS; i++) {
        pair[i] = _mm256_add_epi32(counters, _mm256_set_epi32(0, 0, 0, 2 * i, 0, 0, 0, 2 * i));
        pair[i] = _mm256_xor_si256(_mm256_shuffle_epi8(pair[i], reversed), round_key);
    }
    for (size_t round = 1; round < AES128_ROUNDS; round++) {
        round_key = key_pair(a, round);
#pragma GCC unroll 8
        for (int i = 0; i < PAIRS; i++)
            pair[i] = _mm256_aesenc_epi128(pair[i], round_key);
    }
    round_key = key_pair(a, AES128_ROUNDS);
#pragma GCC unroll 8
    for (int i = 0; i < PAIRS; i++) {
        const void *in = from + 2 * i * AES_BLOCK_SIZE;

        pair[i] = _mm256_aesenclast_epi128(pair[i], round_key);
        pair[i] = _mm256_xor_si256(pair[i], _mm256_loadu_si256((const __m256i *)in));
        _mm256_storeu_si256((__m256i *)(void *)(to + 2 * i * AES_BLOCK_SIZE), pair[i]);
    }
}

__attribute__((target("vaes,avx2"))) static size_t wide_vaes(const struct aes128 *a,
                                                             const uint8_t *first,
                                                             const uint8_t *from, uint8_t *to,
                                                             size_t size)
{
    const __m256i step = _mm256_set_epi32(0, 0, 0, WIDE_BLOCKS, 0, 0, 0, WIDE_BLOCKS);
    __m128i counter = _mm_loadu_si128((const __m128i *)(const void *)first);
    __m256i counters;
    size_t done = 0;

    counter = _mm_shuffle_epi8(counter, BYTES_REVERSED);
    counters = _mm256_set_m128i(_mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, 1)), counter);
    for (; size - done >= WIDE_SIZE; done += WIDE_SIZE) {
        blocks_vaes(a, counters, from + done, to + done);
        counters = _mm256_add_epi32(counters, step);
    }
    return done;
}

/** wide_run() - all whole pieces of WIDE_SIZE, if this machine has instructions for them.
 *  Return: bytes done. */
static size_t wide_run(const struct aes128 *a, const uint8_t *first, const uint8_t *from,
                       uint8_t *to, size_t size)
{
    if (size < WIDE_SIZE)
        return 0;
    if (accel_has(ACCEL_VAES))
        return wide_vaes(a, first, from, to, size);
    return accel_has(ACCEL_AES) ? wide_aes_ni(a, first, from, to, size) : 0;
}

void aes_ctr(const struct aes128 *a, const uint8_t iv[static AES_CTR_IV_SIZE], uint32_t count,
             const void *from, void *ret_to, size_t size)
{
    uint8_t block[AES_BLOCK_SIZE];
    const uint8_t *in = from;
    uint8_t *to = ret_to;
    size_t done;

    memcpy(block, iv, AES_CTR_IV_SIZE);
    store_u32be(block + AES_CTR_IV_SIZE, count);
    done = wide_run(a, block, in, to, size);
    count += (uint32_t)(done / AES_BLOCK_SIZE);
    for (; done < size; done += AES_BLOCK_SIZE) {
        memcpy(block, iv, AES_CTR_IV_SIZE);
        store_u32be(block + AES_CTR_IV_SIZE, count++);
        aes128_encrypt(a, block, block);
        for (size_t i = 0; i < AES_BLOCK_SIZE && i < size - done; i++)
            to[done + i] = in[done + i] ^ block[i];
    }
    mem_wipe(block, sizeof(block));
}
