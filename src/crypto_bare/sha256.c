/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two compression functions, portable and with SHA-NI. With SHA-NI four rounds are two
 * instructions, and their latency limits the speed. So the instructions of the message schedule
 * stand between them, in an order that lets them overlap.
 */
#include "crypto_bare/sha256.h"

#include <immintrin.h>
#include <stdalign.h>

#include "crypto_bare/accel.h"
#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

static alignas(16) const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t x, unsigned bits)
{
    return x >> bits | x << (32 - bits);
}

static void schedule(uint32_t w[static 64], const uint8_t *block)
{
    for (size_t i = 0; i < 16; i++)
        w[i] = load_u32be(block + 4 * i);
    for (size_t i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;

        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
}

static void portable_compress(uint32_t state[static 8], const uint8_t *block)
{
    uint32_t w[64];
    uint32_t v[8];

    schedule(w, block);
    memcpy(v, state, sizeof(v));
    for (size_t i = 0; i < 64; i++) {
        uint32_t a = v[0], e = v[4];
        uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        uint32_t t1 = v[7] + s1 + ((e & v[5]) ^ (~e & v[6])) + round_constant[i] + w[i];
        uint32_t t2 = s0 + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

        v[7] = v[6];
        v[6] = v[5];
        v[5] = e;
        v[4] = v[3] + t1;
        v[3] = v[2];
        v[2] = v[1];
        v[1] = a;
        v[0] = t1 + t2;
    }
    for (size_t i = 0; i < 8; i++)
        state[i] += v[i];
}

#define SHA_NI __attribute__((target("sha,sse4.1,ssse3"), always_inline)) static inline

/** struct lanes - the working state in the order of the instructions: A B E F and C D G H */
struct lanes {
    __m128i abef;
    __m128i cdgh;
};

SHA_NI void four_rounds(struct lanes *s, __m128i w, size_t group)
{
    __m128i k = _mm_load_si128((const __m128i *)(const void *)(round_constant + 4 * group));
    __m128i wk = _mm_add_epi32(w, k);

    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, wk);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(wk, 0x0e));
}

/** words_next() - W[t .. t+3] from the 16 words before: @a the oldest four, @d the newest */
SHA_NI __m128i words_next(__m128i a, __m128i b, __m128i c, __m128i d)
{
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));

    return _mm_sha256msg2_epu32(sum, d);
}

/** rounds_sixteen() - the rounds of the words in @m, and the sixteen words after them */
SHA_NI void rounds_sixteen(struct lanes *s, __m128i m[static 4], size_t group)
{
    four_rounds(s, m[0], group);
    m[0] = words_next(m[0], m[1], m[2], m[3]);
    four_rounds(s, m[1], group + 1);
    m[1] = words_next(m[1], m[2], m[3], m[0]);
    four_rounds(s, m[2], group + 2);
    m[2] = words_next(m[2], m[3], m[0], m[1]);
    four_rounds(s, m[3], group + 3);
    m[3] = words_next(m[3], m[0], m[1], m[2]);
}

SHA_NI void load_words(__m128i m[static 4], const uint8_t *block)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);

    for (size_t i = 0; i < 4; i++)
        m[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)block + i), swap);
}

SHA_NI void compress_block(struct lanes *s, const uint8_t *block)
{
    const struct lanes before = *s;
    __m128i m[4];

    load_words(m, block);
    rounds_sixteen(s, m, 0);
    rounds_sixteen(s, m, 4);
    rounds_sixteen(s, m, 8);
    for (size_t i = 0; i < 4; i++)
        four_rounds(s, m[i], 12 + i);
    s->abef = _mm_add_epi32(s->abef, before.abef);
    s->cdgh = _mm_add_epi32(s->cdgh, before.cdgh);
}

__attribute__((target("sha,sse4.1,ssse3"))) static void compress_sha_ni(
    uint32_t state[static 8], const struct sha256_piece *pieces, size_t count)
{
    __m128i *at = (__m128i *)(void *)state;
    __m128i dcba = _mm_shuffle_epi32(_mm_loadu_si128(at), 0xb1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(at + 1), 0x1b);
    struct lanes s = {.abef = _mm_alignr_epi8(dcba, hgfe, 8),
                      .cdgh = _mm_blend_epi16(hgfe, dcba, 0xf0)};

    for (; count > 0; count--, pieces++) {
        const uint8_t *block = pieces->data;

        for (size_t left = pieces->blocks; left > 0; left--, block += SHA256_BLOCK_SIZE)
            compress_block(&s, block);
    }
    dcba = _mm_shuffle_epi32(s.abef, 0x1b);
    hgfe = _mm_shuffle_epi32(s.cdgh, 0xb1);
    _mm_storeu_si128(at, _mm_blend_epi16(dcba, hgfe, 0xf0));
    _mm_storeu_si128(at + 1, _mm_alignr_epi8(hgfe, dcba, 8));
}

static void pieces_compress(uint32_t state[static 8], const struct sha256_piece *pieces,
                            size_t count)
{
    if (accel_has(ACCEL_SHA)) {
        compress_sha_ni(state, pieces, count);
        return;
    }
    for (; count > 0; count--, pieces++) {
        const uint8_t *block = pieces->data;

        for (size_t left = pieces->blocks; left > 0; left--, block += SHA256_BLOCK_SIZE)
            portable_compress(state, block);
    }
}

static void compress(uint32_t state[static 8], const uint8_t *data, size_t blocks)
{
    pieces_compress(state, &(const struct sha256_piece){data, blocks}, 1);
}

void sha256_init(struct sha256 *s)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    memcpy(s->state, start, sizeof(start));
    s->size = 0;
}

void sha256_update(struct sha256 *s, const void *data, size_t size)
{
    const uint8_t *p = data;
    size_t used = s->size % SHA256_BLOCK_SIZE;

    s->size += size;
    if (used > 0) {
        size_t take = SHA256_BLOCK_SIZE - used < size ? SHA256_BLOCK_SIZE - used : size;

        memcpy(s->block + used, p, take);
        p += take;
        size -= take;
        if (used + take < SHA256_BLOCK_SIZE)
            return;
        compress(s->state, s->block, 1);
    }
    if (size >= SHA256_BLOCK_SIZE)
        compress(s->state, p, size / SHA256_BLOCK_SIZE);
    if (size % SHA256_BLOCK_SIZE > 0)
        memcpy(s->block, p + size / SHA256_BLOCK_SIZE * SHA256_BLOCK_SIZE,
               size % SHA256_BLOCK_SIZE);
}

void sha256_update_pieces(struct sha256 *s, const struct sha256_piece *pieces, size_t count)
{
    pieces_compress(s->state, pieces, count);
    for (size_t i = 0; i < count; i++)
        s->size += pieces[i].blocks * SHA256_BLOCK_SIZE;
}

void sha256_final(struct sha256 *s, uint8_t ret_digest[static SHA256_SIZE])
{
    size_t used = s->size % SHA256_BLOCK_SIZE;

    s->block[used++] = 0x80;
    if (used > SHA256_BLOCK_SIZE - 8) {
        memset(s->block + used, 0, SHA256_BLOCK_SIZE - used);
        compress(s->state, s->block, 1);
        used = 0;
    }
    memset(s->block + used, 0, SHA256_BLOCK_SIZE - 8 - used);
    store_u64be(s->block + SHA256_BLOCK_SIZE - 8, s->size * 8);
    compress(s->state, s->block, 1);
    for (size_t i = 0; i < 8; i++)
        store_u32be(ret_digest + 4 * i, s->state[i]);
    mem_wipe(s, sizeof(*s));
}

void sha256(const void *data, size_t size, uint8_t ret_digest[static SHA256_SIZE])
{
    struct sha256 s;

    sha256_init(&s);
    sha256_update(&s, data, size);
    sha256_final(&s, ret_digest);
}
