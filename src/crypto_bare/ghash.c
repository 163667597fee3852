/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GHASH numbers the bits of a block from the left, so the first bit of its first byte is the
 * coefficient of x^0. The portable path follows that and multiplies in 128 steps with masks.
 *
 * PCLMULQDQ numbers bits from the right. A block with its bytes reversed is then the same
 * polynomial with its coefficients in opposite order, and the product of two such numbers comes out
 * one bit too far to the right. The key is therefore multiplied by x once, at the start (RFC 8452,
 * appendix A, which calls this form POLYVAL), and a product is reduced from its low end, by
 * Montgomery's method: its constant is the field's polynomial x^128 + x^127 + x^126 + x^121 + 1
 * without the first and the last term.
 *
 * A reduction costs as much as a multiplication. It is linear, so the products of eight blocks with
 * the eighth to the first power of the key are added up before one reduction; with VPCLMULQDQ two
 * of them are one instruction. The powers are computed when the first eight blocks arrive, so short
 * messages do not pay for them.
 */
#include "crypto_bare/ghash.h"

#include <immintrin.h>

#include "crypto_bare/accel.h"
#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

enum {
    WIDE_SIZE = GHASH_POWERS * GHASH_SIZE, /* bytes that share a reduction */
};

#define REDUCTION UINT64_C(0xc200000000000000)

#define BYTES_REVERSED _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)

/** portable_multiply() - sum times key, without a branch or an address that depends on a secret */
static void portable_multiply(struct ghash *g)
{
    uint64_t high = g->key[0], low = g->key[1];
    uint64_t product[2] = {0, 0};

    for (unsigned i = 0; i < 128; i++) {
        uint64_t take = -(g->sum[i / 64] >> (63 - i % 64) & 1);
        uint64_t carry = -(low & 1);

        product[0] ^= high & take;
        product[1] ^= low & take;
        low = low >> 1 | high << 63;
        high = high >> 1 ^ (carry & UINT64_C(0xe100000000000000));
    }
    g->sum[0] = product[0];
    g->sum[1] = product[1];
}

/** struct product - 128 bits by 128 bits, not reduced: high, low and middle part */
struct product {
    __m128i high, middle, low;
};

__attribute__((target("pclmul,sse4.1"))) static inline struct product multiply(__m128i a, __m128i b)
{
    return (struct product){
        .low = _mm_clmulepi64_si128(a, b, 0x00),
        .high = _mm_clmulepi64_si128(a, b, 0x11),
        .middle = _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x10), _mm_clmulepi64_si128(a, b, 0x01)),
    };
}

__attribute__((target("pclmul,sse4.1"))) static inline __m128i reduce(struct product p)
{
    const __m128i polynomial = _mm_set_epi64x(0, (long long)REDUCTION);
    __m128i low = _mm_xor_si128(p.low, _mm_slli_si128(p.middle, 8));
    __m128i high = _mm_xor_si128(p.high, _mm_srli_si128(p.middle, 8));

    for (int half = 0; half < 2; half++) {
        __m128i swapped = _mm_shuffle_epi32(low, 0x4e);

        low = _mm_xor_si128(swapped, _mm_clmulepi64_si128(low, polynomial, 0x00));
    }
    return _mm_xor_si128(high, low);
}

static inline __m128i block_load(const uint8_t *block)
{
    return _mm_loadu_si128((const __m128i *)(const void *)block);
}

static inline __m128i halves_load(const uint64_t halves[static 2])
{
    return _mm_set_epi64x((long long)halves[0], (long long)halves[1]);
}

__attribute__((target("sse4.1"))) static inline void store_halves(uint64_t halves[static 2],
                                                                  __m128i value)
{
    halves[0] = (uint64_t)_mm_extract_epi64(value, 1);
    halves[1] = (uint64_t)_mm_extract_epi64(value, 0);
}

__attribute__((target("pclmul,sse4.1"))) static void powers_make(struct ghash *g)
{
    __m128i key = halves_load(g->key), power = key;

    for (; g->power_count < GHASH_POWERS; g->power_count++) {
        uint8_t *to = g->power[GHASH_POWERS - 1 - g->power_count];

        _mm_storeu_si128((__m128i *)(void *)to, power);
        power = reduce(multiply(power, key));
    }
}

__attribute__((target("pclmul,sse4.1,ssse3"))) static size_t update_wide(struct ghash *g,
                                                                         const uint8_t *data,
                                                                         size_t size)
{
    __m128i sum = halves_load(g->sum);
    size_t done = 0;

    for (; size - done >= WIDE_SIZE; done += WIDE_SIZE) {
        struct product total = {
            .high = _mm_setzero_si128(), .middle = _mm_setzero_si128(), .low = _mm_setzero_si128()};

        for (size_t i = 0; i < GHASH_POWERS; i++) {
            __m128i block = block_load(data + done + i * GHASH_SIZE);
            struct product p;

            block = _mm_shuffle_epi8(block, BYTES_REVERSED);
            if (i == 0)
                block = _mm_xor_si128(block, sum);
            p = multiply(block, block_load(g->power[i]));
            total.high = _mm_xor_si128(total.high, p.high);
            total.middle = _mm_xor_si128(total.middle, p.middle);
            total.low = _mm_xor_si128(total.low, p.low);
        }
        sum = reduce(total);
    }
    store_halves(g->sum, sum);
    return done;
}

/** fold() - the sum of both halves */
__attribute__((target("avx2"))) static inline __m128i fold(__m256i pair)
{
    return _mm_xor_si128(_mm256_castsi256_si128(pair), _mm256_extracti128_si256(pair, 1));
}

__attribute__((target("vpclmulqdq,pclmul,avx2"))) static __m128i sum_of_pairs(const struct ghash *g,
                                                                              const uint8_t *data,
                                                                              __m128i sum)
{
    const __m256i reversed = _mm256_broadcastsi128_si256(BYTES_REVERSED);
    __m256i high = _mm256_setzero_si256(), middle = high, low = high;

    for (size_t i = 0; i < GHASH_POWERS; i += 2) {
        const void *in = data + i * GHASH_SIZE, *at = g->power[i];
        __m256i power = _mm256_loadu_si256((const __m256i *)at);
        __m256i pair = _mm256_shuffle_epi8(_mm256_loadu_si256((const __m256i *)in), reversed);

        if (i == 0)
            pair = _mm256_xor_si256(pair, _mm256_set_m128i(_mm_setzero_si128(), sum));
        high = _mm256_xor_si256(high, _mm256_clmulepi64_epi128(pair, power, 0x11));
        low = _mm256_xor_si256(low, _mm256_clmulepi64_epi128(pair, power, 0x00));
        middle = _mm256_xor_si256(middle, _mm256_clmulepi64_epi128(pair, power, 0x10));
        middle = _mm256_xor_si256(middle, _mm256_clmulepi64_epi128(pair, power, 0x01));
    }
    return reduce((struct product){.high = fold(high), .middle = fold(middle), .low = fold(low)});
}

__attribute__((target("vpclmulqdq,pclmul,avx2"))) static size_t update_pairs(struct ghash *g,
                                                                             const uint8_t *data,
                                                                             size_t size)
{
    __m128i sum = halves_load(g->sum);
    size_t done = 0;

    for (; size - done >= WIDE_SIZE; done += WIDE_SIZE)
        sum = sum_of_pairs(g, data + done, sum);
    store_halves(g->sum, sum);
    return done;
}

__attribute__((target("pclmul,sse4.1"))) static void multiply_clmul(struct ghash *g)
{
    store_halves(g->sum, reduce(multiply(halves_load(g->sum), halves_load(g->key))));
}

/* The reversed block, as two numbers: its two halves, each with the first byte highest. */
static void block_add(struct ghash *g, const uint8_t block[static GHASH_SIZE])
{
    g->sum[0] ^= load_u64be(block);
    g->sum[1] ^= load_u64be(block + 8);
    if (g->path == GHASH_PORTABLE)
        portable_multiply(g);
    else
        multiply_clmul(g);
}

static enum ghash_path path_now(void)
{
    if (accel_has(ACCEL_VAES))
        return GHASH_VCLMUL;
    return accel_has(ACCEL_CLMUL) ? GHASH_CLMUL : GHASH_PORTABLE;
}

void ghash_init(struct ghash *g, const uint8_t key[static GHASH_SIZE])
{
    uint64_t high = load_u64be(key), low = load_u64be(key + 8), carry = -(high >> 63);

    *g = (struct ghash){.path = path_now(), .key = {high, low}};
    if (g->path == GHASH_PORTABLE)
        return;
    g->key[0] = (high << 1 | low >> 63) ^ (carry & REDUCTION);
    g->key[1] = low << 1 ^ (carry & 1);
}

static size_t blocks_update(struct ghash *g, const uint8_t *data, size_t size)
{
    if (g->path == GHASH_PORTABLE || size < WIDE_SIZE)
        return 0;
    if (g->power_count == 0)
        powers_make(g);
    return g->path == GHASH_VCLMUL ? update_pairs(g, data, size) : update_wide(g, data, size);
}

void ghash_update(struct ghash *g, const void *data, size_t size)
{
    const uint8_t *p = data;
    uint8_t last[GHASH_SIZE] = {0};
    size_t done = blocks_update(g, p, size);

    for (; size - done >= GHASH_SIZE; done += GHASH_SIZE)
        block_add(g, p + done);
    if (done == size)
        return;
    memcpy(last, p + done, size - done);
    block_add(g, last);
}

void ghash_final(const struct ghash *g, uint8_t ret_sum[static GHASH_SIZE])
{
    store_u64be(ret_sum, g->sum[0]);
    store_u64be(ret_sum + 8, g->sum[1]);
}
