/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/p256.h: ECDSA verification on P-256 with SHA-256. Keys are x || y and signatures r || s,
 * 64 bytes big endian, as quotes carry them.
 *
 * A struct p256 holds the objects that OpenSSL is slow to set up (group, key object, scratch), so
 * that a verification costs one double scalar multiplication and little else. Only one thread may
 * use it at a time.
 */
#ifndef COFFER_CRYPTO_P256_H
#define COFFER_CRYPTO_P256_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    P256_KEY_SIZE = 64,       /* bytes, x || y */
    P256_SIGNATURE_SIZE = 64, /* bytes, r || s */
};

/** enum p256_result - zero is not trusted */
enum p256_result {
    P256_UNDECIDED = 0, /* OpenSSL could not decide: out of memory, or the sum is the identity */
    P256_VALID,
    P256_INVALID, /* wrong signature, or a key that is not a point of the curve */
};

struct p256; /* opaque */

/** p256_new() - Return: 0 and @ret, released with p256_free(); -ENOMEM. */
NODISCARD int p256_new(struct p256 **ret, struct err *err);
void p256_free(struct p256 *p);
void p256_freep(struct p256 **p);

/** p256_verify_digest() - does @key's @signature match a SHA-256 @digest? */
NODISCARD enum p256_result p256_verify_digest(struct p256 *p,
                                              const uint8_t key[static P256_KEY_SIZE],
                                              const uint8_t digest[static 32],
                                              const uint8_t signature[static P256_SIGNATURE_SIZE]);

/** p256_verify() - the same over SHA-256(@message) */
NODISCARD enum p256_result p256_verify(struct p256 *p, const uint8_t key[static P256_KEY_SIZE],
                                       struct span message,
                                       const uint8_t signature[static P256_SIGNATURE_SIZE]);

#endif
