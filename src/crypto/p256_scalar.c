/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two multiplications and one inversion modulo n are all that a verification needs here, so this is
 * plain code: Montgomery multiplication in rounds of one limb (a multiple of n clears the lowest
 * limb of the running sum, which then moves down by one limb), and an inversion that only shifts,
 * adds and subtracts.
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

static void shift_right(uint64_t a[static 4], uint64_t top)
{
    for (int i = 0; i < 3; i++)
        a[i] = a[i] >> 1 | a[i + 1] << 63;
    a[3] = a[3] >> 1 | top << 63;
}

/* x / 2 mod n */
static void scalar_halve(struct p256_scalar *x)
{
    uint64_t carry = 0;

    if (x->v[0] & 1)
        for (int i = 0; i < 4; i++)
            x->v[i] = limb_add(x->v[i], P256_SCALAR_N.v[i], &carry);
    shift_right(x->v, carry);
}

/* x - y mod n */
static void scalar_sub(struct p256_scalar *x, const struct p256_scalar *y)
{
    uint64_t borrow = 0, carry = 0;

    for (int i = 0; i < 4; i++)
        x->v[i] = limb_sub(x->v[i], y->v[i], &borrow);
    if (borrow)
        for (int i = 0; i < 4; i++)
            x->v[i] = limb_add(x->v[i], P256_SCALAR_N.v[i], &carry);
}

static bool is_one(const struct p256_scalar *a)
{
    return a->v[0] == 1 && (a->v[1] | a->v[2] | a->v[3]) == 0;
}

/* The binary extended Euclidean algorithm. Throughout u = a x and v = a y modulo n; when u or v has
 * become 1, x or y is the inverse. */
void p256_scalar_invert(struct p256_scalar *r, const struct p256_scalar *a)
{
    struct p256_scalar u = *a, v = P256_SCALAR_N, x = {{1}}, y = {{0}};

    while (!is_one(&u) && !is_one(&v)) {
        for (; !(u.v[0] & 1); scalar_halve(&x))
            shift_right(u.v, 0);
        for (; !(v.v[0] & 1); scalar_halve(&y))
            shift_right(v.v, 0);
        if (limbs_below(u.v, v.v)) {
            limbs_sub(v.v, v.v, u.v);
            scalar_sub(&y, &x);
        } else {
            limbs_sub(u.v, u.v, v.v);
            scalar_sub(&x, &y);
        }
    }
    *r = is_one(&u) ? x : y;
}
