/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-128 by AES-NI, or portably. The portable path keeps the block in two 64-bit words and
 * computes the S-box by its definition, an inversion in GF(2^8) and an affine map, for eight bytes
 * at a time. A table would be faster, but its addresses would depend on the key.
 */
#include "crypto_bare/aes.h"

#include <immintrin.h>
#include <stdbool.h>

#include "crypto_bare/accel.h"
#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

#define EACH_BYTE(value) (UINT64_C(0x0101010101010101) * (value))

/** times_x() - each byte times x, modulo x^8 + x^4 + x^3 + x + 1 */
static inline uint64_t times_x(uint64_t a)
{
    return (a & EACH_BYTE(0x7f)) << 1 ^ (a >> 7 & EACH_BYTE(1)) * 0x1b;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    uint64_t product = 0;

    for (unsigned i = 0; i < 8; i++) {
        product ^= a & (b >> i & EACH_BYTE(1)) * 0xff;
        a = times_x(a);
    }
    return product;
}

static inline uint64_t square(uint64_t a)
{
    return multiply(a, a);
}

/** invert() - each byte to the power 254: its inverse, 0 for 0 */
static uint64_t invert(uint64_t a)
{
    uint64_t a2 = square(a);
    uint64_t a3 = multiply(a2, a);
    uint64_t a12 = square(square(a3));
    uint64_t a15 = multiply(a12, a3);
    uint64_t a240 = square(square(square(square(a15))));

    return multiply(multiply(a240, a12), a2);
}

static inline uint64_t bytes_rotate(uint64_t a, unsigned bits)
{
    uint64_t low = EACH_BYTE(0xffu >> bits);

    return (a & low) << bits | (a & ~low) >> (8 - bits);
}

static uint64_t substitute(uint64_t a)
{
    uint64_t b = invert(a);

    return b ^ bytes_rotate(b, 1) ^ bytes_rotate(b, 2) ^ bytes_rotate(b, 3) ^ bytes_rotate(b, 4) ^
           EACH_BYTE(0x63);
}

static void rows_shift(uint8_t block[static AES_BLOCK_SIZE])
{
    uint8_t from[AES_BLOCK_SIZE];

    memcpy(from, block, sizeof(from));
    for (size_t i = 0; i < AES_BLOCK_SIZE; i++)
        block[i] = from[(5 * i) % AES_BLOCK_SIZE];
}

/** columns_rotate() - byte i of each 4-byte column from byte i + 1 */
static inline uint64_t columns_rotate(uint64_t a)
{
    return (a >> 8 & UINT64_C(0x00ffffff00ffffff)) | (a & UINT64_C(0x000000ff000000ff)) << 24;
}

static inline uint64_t columns_mix(uint64_t a)
{
    uint64_t r1 = columns_rotate(a);
    uint64_t r2 = columns_rotate(r1);

    return times_x(a ^ r1) ^ r1 ^ r2 ^ columns_rotate(r2);
}

static void key_add(uint64_t half[static 2], const uint8_t *round_key)
{
    half[0] ^= load_u64le(round_key);
    half[1] ^= load_u64le(round_key + 8);
}

static void portable_encrypt(const struct aes128 *a, const uint8_t *from, uint8_t *ret)
{
    uint64_t half[2] = {load_u64le(from), load_u64le(from + 8)};
    uint8_t block[AES_BLOCK_SIZE];

    key_add(half, a->round_key[0]);
    for (size_t round = 1; round <= AES128_ROUNDS; round++) {
        store_u64le(block, substitute(half[0]));
        store_u64le(block + 8, substitute(half[1]));
        rows_shift(block);
        for (size_t i = 0; i < 2; i++) {
            half[i] = load_u64le(block + 8 * i);
            if (round < AES128_ROUNDS)
                half[i] = columns_mix(half[i]);
        }
        key_add(half, a->round_key[round]);
    }
    store_u64le(ret, half[0]);
    store_u64le(ret + 8, half[1]);
    mem_wipe(block, sizeof(block));
}

__attribute__((target("aes,sse2"))) static void encrypt_aes_ni(const struct aes128 *a,
                                                               const uint8_t *from, uint8_t *ret)
{
    const __m128i *key = (const __m128i *)(const void *)a->round_key;
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)from);

    block = _mm_xor_si128(block, _mm_loadu_si128(key));
    for (size_t round = 1; round < AES128_ROUNDS; round++)
        block = _mm_aesenc_si128(block, _mm_loadu_si128(key + round));
    block = _mm_aesenclast_si128(block, _mm_loadu_si128(key + AES128_ROUNDS));
    _mm_storeu_si128((__m128i *)(void *)ret, block);
}

/** key_next() - the round key after @key; @assist is AESKEYGENASSIST of it */
__attribute__((target("sse2"))) static inline __m128i key_next(__m128i key, __m128i assist)
{
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
    return _mm_xor_si128(key, _mm_shuffle_epi32(assist, 0xff));
}

/* The round constant is part of the encoding of AESKEYGENASSIST, so each round is a call of its
 * own. */
#define EXPAND(round, constant)                                                                    \
    key = key_next(key, _mm_aeskeygenassist_si128(key, (constant)));                               \
    _mm_storeu_si128(to + (round), key)

__attribute__((target("aes,sse2"))) static void expand_aes_ni(struct aes128 *a, const uint8_t *from)
{
    __m128i *to = (__m128i *)(void *)a->round_key;
    __m128i key = _mm_loadu_si128((const __m128i *)(const void *)from);

    _mm_storeu_si128(to, key);
    EXPAND(1, 0x01);
    EXPAND(2, 0x02);
    EXPAND(3, 0x04);
    EXPAND(4, 0x08);
    EXPAND(5, 0x10);
    EXPAND(6, 0x20);
    EXPAND(7, 0x40);
    EXPAND(8, 0x80);
    EXPAND(9, 0x1b);
    EXPAND(10, 0x36);
}

static void portable_expand(struct aes128 *a, const uint8_t *key)
{
    uint8_t *word = &a->round_key[0][0];
    uint8_t constant = 1;

    memcpy(word, key, AES128_KEY_SIZE);
    for (size_t i = 4; i < 4 * (AES128_ROUNDS + 1); i++) {
        uint32_t w = load_u32le(word + 4 * (i - 1));

        if (i % 4 == 0) {
            w = (uint32_t)substitute(w >> 8 | w << 24) ^ constant;
            constant = (uint8_t)times_x(constant);
        }
        store_u32le(word + 4 * i, w ^ load_u32le(word + 4 * (i - 4)));
    }
}

void aes128_init(struct aes128 *a, const uint8_t key[static AES128_KEY_SIZE])
{
    if (accel_has(ACCEL_AES))
        expand_aes_ni(a, key);
    else
        portable_expand(a, key);
}

void aes128_encrypt(const struct aes128 *a, const uint8_t from[static AES_BLOCK_SIZE],
                    uint8_t ret[static AES_BLOCK_SIZE])
{
    if (accel_has(ACCEL_AES))
        encrypt_aes_ni(a, from, ret);
    else
        portable_encrypt(a, from, ret);
}
