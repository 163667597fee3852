/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/p256_scalar.h: arithmetic modulo n, the order of P-256's group. Variable time: for public
 * values only. For crypto/ only.
 */
#ifndef COFFER_CRYPTO_P256_SCALAR_H
#define COFFER_CRYPTO_P256_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

/** struct p256_scalar - below n; limbs least significant first */
struct p256_scalar {
    uint64_t v[4];
};

extern const struct p256_scalar P256_SCALAR_N;

bool p256_scalar_is_zero(const struct p256_scalar *a);

/** p256_scalar_from_bytes() - 32 big-endian bytes. Return: false when they are not below n. */
bool p256_scalar_from_bytes(struct p256_scalar *r, const uint8_t bytes[static 32]);

/** p256_scalar_reduce_bytes() - 32 big-endian bytes modulo n, as ECDSA takes a digest */
void p256_scalar_reduce_bytes(struct p256_scalar *r, const uint8_t bytes[static 32]);

void p256_scalar_mul(struct p256_scalar *r, const struct p256_scalar *a,
                     const struct p256_scalar *b);

/** p256_scalar_negate() - n - a for a > 0 */
void p256_scalar_negate(struct p256_scalar *r, const struct p256_scalar *a);

/** p256_scalar_invert() - 1/a for a > 0 */
void p256_scalar_invert(struct p256_scalar *r, const struct p256_scalar *a);

#endif
