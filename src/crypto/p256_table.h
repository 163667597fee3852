/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/p256_table.h: the tables of p256_comb.c, for any point. The generator's is made when
 * Coffer is built (p256_base_make.c); a key's when it comes again. For crypto/ only.
 */
#ifndef COFFER_CRYPTO_P256_TABLE_H
#define COFFER_CRYPTO_P256_TABLE_H

#include "crypto/p256_point.h"

enum {
    P256_TABLE_TEETH_MAX = 9,

    P256_BASE_TEETH = 9,
    P256_BASE_SPACING = 29, /* columns: 9 * 29 = 261 >= 256 */
    P256_BASE_POINTS = 1 << (P256_BASE_TEETH - 1),
};

/** P256_BASE_TABLE - the generator's table */
extern const struct p256_affine P256_BASE_TABLE[P256_BASE_POINTS];

/**
 * p256_table_make() - the 2^(@teeth - 1) sums of @q's teeth
 * @teeth:   at most P256_TABLE_TEETH_MAX
 * @scratch: room for as many points
 */
void p256_table_make(const struct p256_affine *q, unsigned teeth, unsigned spacing,
                     struct jacobian *scratch, struct p256_affine *ret);

#endif
