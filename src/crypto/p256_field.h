/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/p256_field.h: arithmetic modulo the prime of P-256, p = 2^256 - 2^224 + 2^192 + 2^96 - 1,
 * in Montgomery form with R = 2^256. Variable time: for public values only. For crypto/ only.
 *
 * Values are always below p, so that equality is equality of limbs.
 */
#ifndef COFFER_CRYPTO_P256_FIELD_H
#define COFFER_CRYPTO_P256_FIELD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

/** struct fe - a field element; limbs least significant first */
struct fe {
    uint64_t v[4];
};

static const struct fe FE_P = {
    {0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000, 0xffffffff00000001}};
/* R mod p: one in Montgomery form */
static const struct fe FE_ONE = {
    {0x0000000000000001, 0xffffffff00000000, 0xffffffffffffffff, 0x00000000fffffffe}};
/* R^2 mod p: multiplying by it enters Montgomery form */
static const struct fe FE_RR = {
    {0x0000000000000003, 0xfffffffbffffffff, 0xfffffffffffffffe, 0x00000004fffffffd}};

/** limb_add() - a + b + *carry (0 or 1); the carry out goes back into *carry */
static inline uint64_t limb_add(uint64_t a, uint64_t b, uint64_t *carry)
{
#ifdef __x86_64__
    unsigned long long sum = 0;

    *carry = _addcarry_u64((unsigned char)*carry, a, b, &sum);
    return sum;
#else
    unsigned __int128 t = (unsigned __int128)a + b + *carry;

    *carry = (uint64_t)(t >> 64);
    return (uint64_t)t;
#endif
}

/** limb_sub() - a - b - *borrow (0 or 1); the borrow out goes back into *borrow */
static inline uint64_t limb_sub(uint64_t a, uint64_t b, uint64_t *borrow)
{
#ifdef __x86_64__
    unsigned long long difference = 0;

    *borrow = _subborrow_u64((unsigned char)*borrow, a, b, &difference);
    return difference;
#else
    unsigned __int128 t = (unsigned __int128)a - b - *borrow;

    *borrow = (uint64_t)(t >> 64) & 1;
    return (uint64_t)t;
#endif
}

/** limb_mul_add() - a * b + c + *carry; the high limb goes back into *carry */
static inline uint64_t limb_mul_add(uint64_t a, uint64_t b, uint64_t c, uint64_t *carry)
{
    unsigned __int128 t = (unsigned __int128)a * b + c + *carry;

    *carry = (uint64_t)(t >> 64);
    return (uint64_t)t;
}

static inline bool fe_is_zero(const struct fe *a)
{
    return (a->v[0] | a->v[1] | a->v[2] | a->v[3]) == 0;
}

static inline bool fe_equal(const struct fe *a, const struct fe *b)
{
    return ((a->v[0] ^ b->v[0]) | (a->v[1] ^ b->v[1]) | (a->v[2] ^ b->v[2]) |
            (a->v[3] ^ b->v[3])) == 0;
}

/* r = (top * 2^256 + t) mod p, for a value below 2p */
static inline void fe_settle(struct fe *r, uint64_t t0, uint64_t t1, uint64_t t2, uint64_t t3,
                             uint64_t top)
{
    uint64_t borrow = 0, s0, s1, s2, s3, keep;

    s0 = limb_sub(t0, FE_P.v[0], &borrow);
    s1 = limb_sub(t1, FE_P.v[1], &borrow);
    s2 = limb_sub(t2, FE_P.v[2], &borrow);
    s3 = limb_sub(t3, FE_P.v[3], &borrow);
    keep = (uint64_t)0 - (uint64_t)(borrow > top); /* all ones when t was below p already */
    r->v[0] = (t0 & keep) | (s0 & ~keep);
    r->v[1] = (t1 & keep) | (s1 & ~keep);
    r->v[2] = (t2 & keep) | (s2 & ~keep);
    r->v[3] = (t3 & keep) | (s3 & ~keep);
}

static inline void fe_add(struct fe *r, const struct fe *a, const struct fe *b)
{
    uint64_t carry = 0, t0, t1, t2, t3;

    t0 = limb_add(a->v[0], b->v[0], &carry);
    t1 = limb_add(a->v[1], b->v[1], &carry);
    t2 = limb_add(a->v[2], b->v[2], &carry);
    t3 = limb_add(a->v[3], b->v[3], &carry);
    fe_settle(r, t0, t1, t2, t3, carry);
}

static inline void fe_sub(struct fe *r, const struct fe *a, const struct fe *b)
{
    uint64_t borrow = 0, carry = 0, mask;
    struct fe t;

#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        t.v[i] = limb_sub(a->v[i], b->v[i], &borrow);
    mask = (uint64_t)0 - borrow;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++)
        r->v[i] = limb_add(t.v[i], FE_P.v[i] & mask, &carry);
}

static inline void fe_negate(struct fe *r, const struct fe *a)
{
    static const struct fe zero;

    fe_sub(r, &zero, a);
}

/*
 * Montgomery reduction of eight limbs: four rounds, each of which adds a multiple m * p that makes
 * the lowest limb zero. Since p = -1 modulo 2^64, m is the lowest limb itself. With
 * p = 2^256 - 2^224 + 2^192 + 2^96 - 1, the product m * p is m * 2^96, which is two shifts, minus
 * m, which clears the lowest limb, plus m times the top limb of p: one multiplication a round.
 */
static inline void fe_reduce(struct fe *r, uint64_t t[static 8])
{
    uint64_t top = 0;

#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        uint64_t m = t[i], carry = 0, high = 0, low;

        t[i + 1] = limb_add(t[i + 1], m << 32, &carry);
        t[i + 2] = limb_add(t[i + 2], m >> 32, &carry);
        low = limb_mul_add(m, FE_P.v[3], 0, &high);
        t[i + 3] = limb_add(t[i + 3], low, &carry);
        high += carry; /* at most 2^64 - 2 + 1 */
        carry = top;
        t[i + 4] = limb_add(t[i + 4], high, &carry);
        top = carry;
    }
    fe_settle(r, t[4], t[5], t[6], t[7], top);
}

static inline void fe_mul(struct fe *r, const struct fe *a, const struct fe *b)
{
    uint64_t t[8] = {0};

#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0;

#pragma GCC unroll 4
        for (int j = 0; j < 4; j++)
            t[i + j] = limb_mul_add(a->v[i], b->v[j], t[i + j], &carry);
        t[i + 4] = carry;
    }
    fe_reduce(r, t);
}

static inline void fe_sqr(struct fe *r, const struct fe *a)
{
    const uint64_t *v = a->v;
    uint64_t t[8], carry = 0, c = 0;

    t[1] = limb_mul_add(v[0], v[1], 0, &carry);
    t[2] = limb_mul_add(v[0], v[2], 0, &carry);
    t[3] = limb_mul_add(v[0], v[3], 0, &carry);
    t[4] = carry;
    carry = 0;
    t[3] = limb_mul_add(v[1], v[2], t[3], &carry);
    t[4] = limb_mul_add(v[1], v[3], t[4], &carry);
    t[5] = carry;
    carry = 0;
    t[5] = limb_mul_add(v[2], v[3], t[5], &carry);
    t[6] = carry;
    t[7] = t[6] >> 63;
#pragma GCC unroll 8
    for (int i = 6; i > 1; i--)
        t[i] = t[i] << 1 | t[i - 1] >> 63;
    t[1] <<= 1;
    t[0] = 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        unsigned __int128 s = (unsigned __int128)v[i] * v[i];

        t[2 * i] = limb_add(t[2 * i], (uint64_t)s, &c);
        t[2 * i + 1] = limb_add(t[2 * i + 1], (uint64_t)(s >> 64), &c);
    }
    fe_reduce(r, t);
}

/** limbs_load() - 32 big-endian bytes */
static inline void limbs_load(uint64_t ret[static 4], const uint8_t bytes[static 32])
{
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        uint64_t word;

        memcpy(&word, bytes + 24 - 8 * i, sizeof(word));
        ret[i] = __builtin_bswap64(word);
    }
}

/** limbs_below() - a < b */
static inline bool limbs_below(const uint64_t a[static 4], const uint64_t b[static 4])
{
    for (int i = 3; i >= 0; i--)
        if (a[i] != b[i])
            return a[i] < b[i];
    return false;
}

/** fe_from_bytes() - Return: false when it is not below p */
static inline bool fe_from_bytes(struct fe *r, const uint8_t bytes[static 32])
{
    struct fe t;

    limbs_load(t.v, bytes);
    if (!limbs_below(t.v, FE_P.v))
        return false;
    fe_mul(r, &t, &FE_RR);
    return true;
}

#endif
