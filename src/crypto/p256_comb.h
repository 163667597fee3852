/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/p256_comb.h: ECDSA verification on P-256 for keys that are used again. A table of 2 KiB
 * for each key, made in the time of about 1.5 verifications, and one of 16 KiB for the generator,
 * made when Coffer is built, turn 256 doublings into 36. p256_comb.c explains how.
 *
 * No allocation and no lock while verifying; tables are read-only and may be shared by threads.
 * Variable time throughout: nothing here is secret.
 */
#ifndef COFFER_CRYPTO_P256_COMB_H
#define COFFER_CRYPTO_P256_COMB_H

#include "base/err.h"
#include "crypto/p256.h"
#include "crypto/p256_point.h"

enum {
    P256_COMB_TEETH = 6,
    P256_COMB_POINTS = 1 << (P256_COMB_TEETH - 1),
};

/** struct p256_comb - table of one public key */
struct p256_comb {
    struct p256_affine point[P256_COMB_POINTS];
};

/** p256_comb_init() - Return: false when @key is not a point of the curve; @ret is then undefined
 */
NODISCARD bool p256_comb_init(struct p256_comb *ret, const uint8_t key[static P256_KEY_SIZE]);

/** p256_comb_verify() - does the key of @comb match @signature over a SHA-256 @digest? */
NODISCARD enum p256_result p256_comb_verify(const struct p256_comb *comb,
                                            const uint8_t digest[static 32],
                                            const uint8_t signature[static P256_SIGNATURE_SIZE]);

#endif
