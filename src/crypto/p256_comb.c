/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying an ECDSA signature is the computation of u1 G + u2 Q, where G is the group's generator,
 * Q the public key and u1, u2 are numbers of 256 bits. Double-and-add needs 256 doublings for that.
 * This file needs 42, with the help of tables that are computed once for a key.
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
 * 29 columns, 256 points, 16 KiB; it is made once in a process. Both sums share their doublings:
 * the generator's columns join in the last 29 columns of the key's.
 *
 * Points in tables are affine, so that an addition needs no z of the second point. Making a table
 * needs an inversion for each point; Montgomery's trick makes one inversion of all of them.
 *
 * Additions are complete, because signatures come from outside: an attacker can choose a key and a
 * signature for which a sum doubles or vanishes on the way. Nothing here takes the same time for
 * all inputs: keys, digests and signatures are public.
 */
#include "crypto/p256_comb.h"

#include <stdlib.h>

#include "crypto/p256_scalar.h"

enum {
    COMB_SPACING = 43, /* 6 * 43 = 258 >= 256 */
    BASE_SPACING = 29, /* 9 * 29 = 261 >= 256 */
};

/** struct jacobian - x / z^2, y / z^3; z = 0 is the identity */
struct jacobian {
    struct fe x, y, z;
};

static const struct p256_affine generator = {
    {{0x79e730d418a9143c, 0x75ba95fc5fedb601, 0x79fb732b77622510, 0x18905f76a53755c6}},
    {{0xddf25357ce95560a, 0x8b4ab8e4ba19e45c, 0xd2e88688dd21f325, 0x8571ff1825885d85}}};

static const struct fe curve_b = {
    {0xd89cdf6229c4bddf, 0xacf005cd78843090, 0xe5a220abf7212ed6, 0xdc30061d04874834}};

/* a^(p - 2), which is 1/a; zero stays zero */
static void fe_invert(struct fe *r, const struct fe *a)
{
    static const uint64_t exponent[4] = {0xfffffffffffffffd, 0x00000000ffffffff, 0,
                                         0xffffffff00000001};
    struct fe t = FE_ONE;

    for (int i = 255; i >= 0; i--) {
        fe_sqr(&t, &t);
        if (exponent[i / 64] >> i % 64 & 1)
            fe_mul(&t, &t, a);
    }
    *r = t;
}

/* dbl-2001-b of the Explicit-Formulas Database, for a = -3 */
static void point_double(struct jacobian *p)
{
    struct fe delta, gamma, beta, alpha, t;

    fe_sqr(&delta, &p->z);
    fe_sqr(&gamma, &p->y);
    fe_mul(&beta, &p->x, &gamma);
    fe_sub(&t, &p->x, &delta);
    fe_add(&alpha, &p->x, &delta);
    fe_mul(&alpha, &alpha, &t);
    fe_add(&t, &alpha, &alpha);
    fe_add(&alpha, &t, &alpha);
    fe_add(&p->z, &p->y, &p->z);
    fe_sqr(&p->z, &p->z);
    fe_sub(&p->z, &p->z, &gamma);
    fe_sub(&p->z, &p->z, &delta);
    fe_add(&beta, &beta, &beta);
    fe_add(&beta, &beta, &beta);
    fe_sqr(&p->x, &alpha);
    fe_add(&t, &beta, &beta);
    fe_sub(&p->x, &p->x, &t);
    fe_sub(&t, &beta, &p->x);
    fe_mul(&t, &alpha, &t);
    fe_sqr(&gamma, &gamma);
    fe_add(&gamma, &gamma, &gamma);
    fe_add(&gamma, &gamma, &gamma);
    fe_add(&gamma, &gamma, &gamma);
    fe_sub(&p->y, &t, &gamma);
}

/* p + q, or p - q. It is complete: the identity, p = q and p = -q give the right sum too. */
static void point_add(struct jacobian *p, const struct p256_affine *q, bool is_negative)
{
    struct fe y = q->y, z2, h, r, h2, h3, v;

    if (is_negative)
        fe_negate(&y, &y);
    if (fe_is_zero(&p->z)) {
        *p = (struct jacobian){q->x, y, FE_ONE};
        return;
    }
    fe_sqr(&z2, &p->z);
    fe_mul(&h, &q->x, &z2);
    fe_sub(&h, &h, &p->x);
    fe_mul(&r, &p->z, &z2);
    fe_mul(&r, &y, &r);
    fe_sub(&r, &r, &p->y);
    if (fe_is_zero(&h)) {
        if (fe_is_zero(&r))
            point_double(p);
        else
            memset(p, 0, sizeof(*p));
        return;
    }
    fe_sqr(&h2, &h);
    fe_mul(&h3, &h, &h2);
    fe_mul(&v, &p->x, &h2);
    fe_mul(&p->z, &p->z, &h);
    fe_sqr(&p->x, &r);
    fe_sub(&p->x, &p->x, &h3);
    fe_sub(&p->x, &p->x, &v);
    fe_sub(&p->x, &p->x, &v);
    fe_sub(&v, &v, &p->x);
    fe_mul(&v, &r, &v);
    fe_mul(&h3, &p->y, &h3);
    fe_sub(&p->y, &v, &h3);
}

static void affine_of(struct p256_affine *r, const struct jacobian *p, const struct fe *z_inverse)
{
    struct fe z2;

    fe_sqr(&z2, z_inverse);
    fe_mul(&r->x, &p->x, &z2);
    fe_mul(&z2, &z2, z_inverse);
    fe_mul(&r->y, &p->y, &z2);
}

/* Montgomery's trick: one inversion for all points. On the way up, @r[i].x keeps the product of the
 * z before point i. */
static void affine_of_all(struct p256_affine *r, const struct jacobian *p, size_t count)
{
    struct fe inverse, product = FE_ONE;

    for (size_t i = 0; i < count; i++) {
        r[i].x = product;
        fe_mul(&product, &product, &p[i].z);
    }
    fe_invert(&inverse, &product);
    for (size_t i = count; i-- > 0;) {
        struct fe z_inverse;

        fe_mul(&z_inverse, &inverse, &r[i].x);
        fe_mul(&inverse, &inverse, &p[i].z);
        affine_of(&r[i], &p[i], &z_inverse);
    }
}

/* tooth[j] = 2^(spacing * j) q, tooth[teeth + j] = 2 * tooth[j] */
static void teeth_make(const struct p256_affine *q, unsigned teeth, unsigned spacing,
                       struct p256_affine ret[static 2 * P256_BASE_TEETH])
{
    struct jacobian at[2 * P256_BASE_TEETH] = {0}, p = {q->x, q->y, FE_ONE};

    for (unsigned j = 0; j < teeth; j++) {
        at[j] = p;
        point_double(&p);
        at[teeth + j] = p;
        for (unsigned i = 1; i < spacing; i++)
            point_double(&p);
    }
    affine_of_all(ret, at, (size_t)2 * teeth);
}

/* table[index] = top tooth + sum of (bit j of index ? +tooth[j] : -tooth[j]). An entry comes from
 * the one without its lowest bit: the sign of that tooth changes, so twice the tooth is added. */
static void table_make(const struct p256_affine *q, unsigned teeth, unsigned spacing,
                       struct jacobian *scratch, struct p256_affine *ret)
{
    struct p256_affine tooth[2 * P256_BASE_TEETH] = {0};
    size_t count = (size_t)1 << (teeth - 1);

    teeth_make(q, teeth, spacing, tooth);
    scratch[0] = (struct jacobian){tooth[teeth - 1].x, tooth[teeth - 1].y, FE_ONE};
    for (unsigned j = 0; j < teeth - 1; j++)
        point_add(&scratch[0], &tooth[j], true);
    for (size_t i = 1; i < count; i++) {
        scratch[i] = scratch[i & (i - 1)];
        point_add(&scratch[i], &tooth[teeth + (unsigned)__builtin_ctzl(i)], false);
    }
    affine_of_all(ret, scratch, count);
}

struct p256_comb_base *p256_comb_base_new(void)
{
    struct p256_comb_base *base = calloc(1, sizeof(*base));
    struct jacobian *scratch = calloc(P256_BASE_POINTS, sizeof(*scratch));

    if (base && scratch) {
        table_make(&generator, P256_BASE_TEETH, BASE_SPACING, scratch, base->point);
    } else {
        free(base);
        base = NULL;
    }
    free(scratch);
    return base;
}

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
    table_make(&q, P256_COMB_TEETH, COMB_SPACING, scratch, ret->point);
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
enum p256_result p256_comb_verify(const struct p256_comb *comb, const struct p256_comb_base *base,
                                  const uint8_t digest[static 32],
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
        if (has_base && column < BASE_SPACING)
            column_add(&sum, &of_base, column, P256_BASE_TEETH, BASE_SPACING, base->point);
    }
    return !fe_is_zero(&sum.z) && x_matches(&sum, &r) ? P256_VALID : P256_INVALID;
}
