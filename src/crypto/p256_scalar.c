/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two multiplications and one inversion modulo n are all that a verification needs here, so this is
 * plain code: Montgomery multiplication in rounds of one limb (a multiple of n clears the lowest
 * limb of the running sum, which then moves down by one limb), and an inversion of shifts,
 * additions and subtractions (see there).
 */
#include "crypto/p256_scalar.h"

#include "crypto/p256_field.h"

const struct p256_scalar P256_SCALAR_N = {
    {0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff, 0xffffffff00000000}};

/* R^2 mod n with R = 2^256, and -1/n mod 2^64 */
static const struct p256_scalar montgomery_rr = {
    {0x83244c95be79eea2, 0x4699799c49bd6fa6, 0x2845b2392b6bec59, 0x66e12d94f3d95620}};
static const uint64_t montgomery_n0 = 0xccd1c8aaee00bc4f;

bool p256_scalar_is_zero(const struct p256_scalar *a)
{
    return (a->v[0] | a->v[1] | a->v[2] | a->v[3]) == 0;
}

static void limbs_sub(uint64_t r[static 4], const uint64_t a[static 4], const uint64_t b[static 4])
{
    uint64_t borrow = 0;

    for (int i = 0; i < 4; i++)
        r[i] = limb_sub(a[i], b[i], &borrow);
}

bool p256_scalar_from_bytes(struct p256_scalar *r, const uint8_t bytes[static 32])
{
    limbs_load(r->v, bytes);
    return limbs_below(r->v, P256_SCALAR_N.v);
}

void p256_scalar_reduce_bytes(struct p256_scalar *r, const uint8_t bytes[static 32])
{
    if (!p256_scalar_from_bytes(r, bytes))
        limbs_sub(r->v, r->v, P256_SCALAR_N.v);
}

void p256_scalar_negate(struct p256_scalar *r, const struct p256_scalar *a)
{
    limbs_sub(r->v, P256_SCALAR_N.v, a->v);
}

/* a * b / R mod n, in rounds of one limb */
static void montgomery_mul(struct p256_scalar *r, const struct p256_scalar *a,
                           const struct p256_scalar *b)
{
    uint64_t t[6] = {0};

    for (int i = 0; i < 4; i++) {
        uint64_t carry = 0, m;

        for (int j = 0; j < 4; j++)
            t[j] = limb_mul_add(a->v[j], b->v[i], t[j], &carry);
        t[5] = 0;
        t[4] = limb_add(t[4], carry, &t[5]);
        m = t[0] * montgomery_n0;
        carry = 0;
        (void)limb_mul_add(m, P256_SCALAR_N.v[0], t[0], &carry);
        for (int j = 1; j < 4; j++)
            t[j - 1] = limb_mul_add(m, P256_SCALAR_N.v[j], t[j], &carry);
        m = 0;
        t[3] = limb_add(t[4], carry, &m);
        t[4] = t[5] + m;
    }
    if (t[4] || !limbs_below(t, P256_SCALAR_N.v))
        limbs_sub(t, t, P256_SCALAR_N.v);
    memcpy(r->v, t, sizeof(r->v));
}

void p256_scalar_mul(struct p256_scalar *r, const struct p256_scalar *a,
                     const struct p256_scalar *b)
{
    struct p256_scalar t;

    montgomery_mul(&t, a, b);
    montgomery_mul(r, &t, &montgomery_rr);
}

static void shift_right(uint64_t a[static 4], unsigned bits)
{
    for (int i = 0; i < 3; i++)
        a[i] = a[i] >> bits | a[i + 1] << (64 - bits);
    a[3] >>= bits;
}

static void shift_left(uint64_t a[static 4], unsigned bits)
{
    for (int i = 3; i > 0; i--)
        a[i] = a[i] << bits | a[i - 1] >> (64 - bits);
    a[0] <<= bits;
}

static void limbs_sum(uint64_t a[static 4], const uint64_t b[static 4])
{
    uint64_t carry = 0;

    for (int i = 0; i < 4; i++)
        a[i] = limb_add(a[i], b[i], &carry);
}

/* @u, which is not zero, becomes odd by halving; @other doubles as often. Return: how often. */
static unsigned twos_move(uint64_t u[static 4], uint64_t other[static 4])
{
    unsigned moved = 0;

    while (!(u[0] & 1)) {
        unsigned bits = u[0] ? (unsigned)__builtin_ctzll(u[0]) : 63;

        shift_right(u, bits);
        shift_left(other, bits);
        moved += bits;
    }
    return moved;
}

/* a 2^-k modulo n, for k from 256 to 512: two Montgomery multiplications take 2^-256 each, and the
 * second one's factor gives back what is too much. */
static void powers_take(struct p256_scalar *a, unsigned k)
{
    const struct p256_scalar one = {{1}};
    struct p256_scalar factor = {{0}};
    unsigned back = 512 - k;

    if (back < 256)
        factor.v[back / 64] = UINT64_C(1) << back % 64;
    else /* 2^256 - n */
        limbs_sub(factor.v, factor.v, P256_SCALAR_N.v);
    montgomery_mul(a, a, &one);
    montgomery_mul(a, a, &factor);
}

/*
 * Kaliski's almost inverse: the binary Euclidean algorithm, which doubles one cofactor where the
 * plain one halves the other modulo n. Doubling needs no reduction, and the doublings are taken
 * back at the end. Throughout, modulo n and exactly,
 *
 *     a r = -u 2^k,    a s = v 2^k,    u s + v r = n
 *
 * so neither cofactor exceeds n, and when u = v = 1 the inverse is s 2^-k. Each doubling halves u
 * or v, so there are at most 512 of them; u alone comes down from n, so there are at least 255.
 */
void p256_scalar_invert(struct p256_scalar *ret, const struct p256_scalar *a)
{
    struct p256_scalar u = P256_SCALAR_N, v = *a, r = {{0}}, s = {{1}};
    unsigned k = twos_move(v.v, r.v);

    while (memcmp(u.v, v.v, sizeof(u.v)) != 0) {
        if (limbs_below(v.v, u.v)) {
            limbs_sub(u.v, u.v, v.v);
            limbs_sum(r.v, s.v);
            k += twos_move(u.v, s.v);
        } else {
            limbs_sub(v.v, v.v, u.v);
            limbs_sum(s.v, r.v);
            k += twos_move(v.v, r.v);
        }
    }
    for (; k < 256; k++) { /* s is below n, so twice s is below 2 n */
        bool is_over = s.v[3] >> 63;

        shift_left(s.v, 1);
        if (is_over || !limbs_below(s.v, P256_SCALAR_N.v))
            limbs_sub(s.v, s.v, P256_SCALAR_N.v);
    }
    powers_take(&s, k);
    *ret = s;
}
