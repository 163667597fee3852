/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/p256_table.h"

#include <stddef.h>

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
                       struct p256_affine ret[static 2 * P256_TABLE_TEETH_MAX])
{
    struct jacobian at[2 * P256_TABLE_TEETH_MAX] = {0}, p = {q->x, q->y, FE_ONE};

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
void p256_table_make(const struct p256_affine *q, unsigned teeth, unsigned spacing,
                     struct jacobian *scratch, struct p256_affine *ret)
{
    struct p256_affine tooth[2 * P256_TABLE_TEETH_MAX] = {0};
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
