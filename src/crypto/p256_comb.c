/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying an ECDSA signature is the computation of u1 G + u2 Q, where G is the group's generator,
 * Q the public key and u1, u2 are numbers of 256 bits. Double-and-add needs 256 doublings for that.
 * This file needs 36, with the help of tables that are computed once for a key.
 *
 * The comb (Lim and Lee). Write the bits of k into a rectangle: row j has the bits j * spacing to
 * (j + 1) * spacing - 1, so there are `teeth` rows of `spacing` columns. With T_j = 2^(j * spacing)
 * Q, the tooth of row j,
 *
 *     k Q = sum over columns i of 2^i * (sum over rows j of bit(i + j * spacing) * T_j)
 *
 * The inner sum depends on `teeth` bits only, so it can be looked up in a table. The outer sum is
 * evaluated from the highest column down: double, add the entry of this column, and so on. That is
 * one doubling and one addition for each column instead of each bit.
 *
 * Signed digits (Joye and Tunstall). With digits 1 and -1 in place of 1 and 0 the table halves: the
 * negative of a point costs nothing, so the sign of the top tooth is taken out and the table has
 * the 2^(teeth - 1) sums T_top +- T_j +- ... Every odd k below 2^L, L = teeth * spacing, has such
 * digits: if d_i in {0, 1} says whether digit i is 1, then
 *
 *     k = sum of (2 d_i - 1) 2^i = 2 d - (2^L - 1),   hence   d = (k - 1) / 2 + 2^(L - 1)
 *
 * so the digits are the bits of (k - 1) / 2 below an always set top bit. No digit is zero, so every
 * column is one addition. The group's order n is odd: if k is even, n - k is odd, and
 * k Q = -((n - k) Q).
 *
 * Two tables. A key's table has 6 teeth: 43 columns, 32 points, 2 KiB. The generator's has 9 teeth:
 * 29 columns, 256 points, 16 KiB; it is made once, when Coffer is built. Both sums share their
 * doublings: the generator's columns join in the last 29 columns of the key's.
 *
 * Points in tables are affine, so that an addition needs no z of the second point. Making a table
 * needs an inversion for each point; Montgomery's trick makes one inversion of all of them.
 *
 * Additions are complete, because signatures come from outside: an attacker can choose a key and a
 * signature for which a sum doubles or vanishes on the way. Nothing here takes the same time for
 * all inputs: keys, digests and signatures are public.
 */
#include "crypto/p256_comb.h"

#include "crypto/p256_scalar.h"
#include "crypto/p256_table.h"

enum {
    COMB_SPACING = 43, /* 6 * 43 = 258 >= 256 */
};

static const struct fe curve_b = {
    {0xd89cdf6229c4bddf, 0xacf005cd78843090, 0xe5a220abf7212ed6, 0xdc30061d04874834}};

/* y^2 = x^3 - 3x + b (SEC 1, section 3.2.2.1; the cofactor is 1) */
static bool is_on_curve(const struct p256_affine *q)
{
    struct fe left, right;

    fe_sqr(&left, &q->y);
    fe_sqr(&right, &q->x);
    fe_sub(&right, &right, &FE_ONE);
    fe_sub(&right, &right, &FE_ONE);
    fe_sub(&right, &right, &FE_ONE);
    fe_mul(&right, &right, &q->x);
    fe_add(&right, &right, &curve_b);
    return fe_equal(&left, &right);
}

bool p256_comb_init(struct p256_comb *ret, const uint8_t key[static P256_KEY_SIZE])
{
    struct jacobian scratch[P256_COMB_POINTS] = {0};
    struct p256_affine q;

    if (!fe_from_bytes(&q.x, key) || !fe_from_bytes(&q.y, key + 32) || !is_on_curve(&q))
        return false;
    p256_table_make(&q, P256_COMB_TEETH, COMB_SPACING, scratch, ret->point);
    return true;
}

/** struct digits - a scalar with digits 1 and -1, see above */
struct digits {
    uint64_t half[5]; /* (k - 1) / 2; bit L - 1 is not stored, it is always set */
    bool is_negative; /* k stands for n - k */
};

static struct digits digits_of(const struct p256_scalar *k)
{
    struct digits d = {.is_negative = !(k->v[0] & 1)};
    struct p256_scalar odd = *k;

    if (d.is_negative)
        p256_scalar_negate(&odd, k);
    for (int i = 0; i < 3; i++)
        d.half[i] = odd.v[i] >> 1 | odd.v[i + 1] << 63;
    d.half[3] = odd.v[3] >> 1;
    return d;
}

static void column_add(struct jacobian *p, const struct digits *d, unsigned column, unsigned teeth,
                       unsigned spacing, const struct p256_affine *table)
{
    unsigned top_at = column + spacing * (teeth - 1), index = 0, bits = 0;
    bool is_plus = top_at == teeth * spacing - 1 || (d->half[top_at / 64] >> top_at % 64 & 1);

    for (unsigned j = 0; j < teeth - 1; j++) {
        unsigned at = column + spacing * j;

        bits |= (unsigned)(d->half[at / 64] >> at % 64 & 1) << j;
    }
    index = is_plus ? bits : bits ^ ((1U << (teeth - 1)) - 1);
    point_add(p, &table[index], is_plus == d->is_negative);
}

/* Is the x coordinate of @p equal to r modulo n? The coordinate is below p, so it is r, or r + n
 * when that is below p. Both sides are multiplied by z^2, which saves the inversion. */
static bool x_matches(const struct jacobian *p, const struct p256_scalar *r)
{
    struct fe z2, x, candidate;
    uint64_t carry = 0;

    fe_sqr(&z2, &p->z);
    memcpy(candidate.v, r->v, sizeof(candidate.v));
    fe_mul(&x, &candidate, &FE_RR);
    fe_mul(&x, &x, &z2);
    if (fe_equal(&x, &p->x))
        return true;
    for (int i = 0; i < 4; i++)
        candidate.v[i] = limb_add(r->v[i], P256_SCALAR_N.v[i], &carry);
    if (carry || !limbs_below(candidate.v, FE_P.v))
        return false;
    fe_mul(&x, &candidate, &FE_RR);
    fe_mul(&x, &x, &z2);
    return fe_equal(&x, &p->x);
}

/* SEC 1, section 4.1.4 */
enum p256_result p256_comb_verify(const struct p256_comb *comb, const uint8_t digest[static 32],
                                  const uint8_t signature[static P256_SIGNATURE_SIZE])
{
    struct jacobian sum = {0};
    struct digits of_base = {0}, of_key;
    struct p256_scalar r, s, e, w;
    bool has_base;

    if (!p256_scalar_from_bytes(&r, signature) || !p256_scalar_from_bytes(&s, signature + 32) ||
        p256_scalar_is_zero(&r) || p256_scalar_is_zero(&s))
        return P256_INVALID;
    p256_scalar_reduce_bytes(&e, digest);
    p256_scalar_invert(&w, &s);
    p256_scalar_mul(&e, &e, &w);
    p256_scalar_mul(&w, &r, &w);
    has_base = !p256_scalar_is_zero(&e);
    if (has_base)
        of_base = digits_of(&e);
    of_key = digits_of(&w);
    for (unsigned column = COMB_SPACING; column-- > 0;) {
        point_double(&sum);
        column_add(&sum, &of_key, column, P256_COMB_TEETH, COMB_SPACING, comb->point);
        if (has_base && column < P256_BASE_SPACING)
            column_add(&sum, &of_base, column, P256_BASE_TEETH, P256_BASE_SPACING, P256_BASE_TABLE);
    }
    return !fe_is_zero(&sum.z) && x_matches(&sum, &r) ? P256_VALID : P256_INVALID;
}
