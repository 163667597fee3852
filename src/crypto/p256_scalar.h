/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/p256_scalar.h: arithmetic modulo n, the order of P-256's group. Variable time: for public
 * values only. For crypto/ only.
 */
#ifndef COFFER_CRYPTO_P256_SCALAR_H
#define COFFER_CRYPTO_P256_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

/** struct scalar - below n; limbs least significant first */
struct scalar {
    uint64_t v[4];
};

extern const struct scalar SCALAR_N;

bool scalar_is_zero(const struct scalar *a);

/** scalar_from_bytes() - 32 big-endian bytes. Return: false when they are not below n. */
bool scalar_from_bytes(struct scalar *r, const uint8_t bytes[static 32]);

/** scalar_reduce_bytes() - 32 big-endian bytes modulo n, as ECDSA takes a digest */
void scalar_reduce_bytes(struct scalar *r, const uint8_t bytes[static 32]);

void scalar_mul(struct scalar *r, const struct scalar *a, const struct scalar *b);

/** scalar_negate() - n - a for a > 0 */
void scalar_negate(struct scalar *r, const struct scalar *a);

/** scalar_invert() - 1/a for a > 0 */
void scalar_invert(struct scalar *r, const struct scalar *a);

#endif
