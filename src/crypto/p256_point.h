/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/p256_point.h: points of P-256 and their sums. Variable time: for public values only. For
 * crypto/ only.
 */
#ifndef COFFER_CRYPTO_P256_POINT_H
#define COFFER_CRYPTO_P256_POINT_H

#include "crypto/p256_field.h"

/** struct p256_affine - a point that is not the identity, in Montgomery form */
struct p256_affine {
    struct fe x, y;
};

/** struct jacobian - x / z^2, y / z^3; z = 0 is the identity */
struct jacobian {
    struct fe x, y, z;
};

/* dbl-2001-b of the Explicit-Formulas Database, for a = -3 */
static inline void point_double(struct jacobian *p)
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
static inline void point_add(struct jacobian *p, const struct p256_affine *q, bool is_negative)
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

#endif
