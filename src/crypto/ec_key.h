/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/ec_key.h: P-256 private keys: make, keep, sign. Public keys are x || y and signatures
 * r || s, 64 bytes big endian, as quotes carry them. A key is for one thread at a time.
 */
#ifndef COFFER_CRYPTO_EC_KEY_H
#define COFFER_CRYPTO_EC_KEY_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum {
    EC_PRIVATE_SIZE = 32,   /* bytes, big endian */
    EC_PUBLIC_SIZE = 64,    /* bytes, x || y */
    EC_SIGNATURE_SIZE = 64, /* bytes, r || s */
    EC_DIGEST_SIZE = 32,    /* bytes, SHA-256 */
    EC_PKCS8_SIZE = 138,    /* bytes */
};

struct ec_key; /* opaque */

/** ec_key_new() - a fresh random key. Return: 0; -ENOMEM; -EIO when there is no randomness. */
NODISCARD int ec_key_new(struct ec_key **ret, struct err *err);

/** ec_key_from_private() - Return: 0; -EBADMSG when it is zero or not below the group's order. */
NODISCARD int ec_key_from_private(const uint8_t bytes[static EC_PRIVATE_SIZE], struct ec_key **ret,
                                  struct err *err);

/** ec_key_free() - the private part is overwritten */
void ec_key_free(struct ec_key *key);
void ec_key_freep(struct ec_key **key);

/** ec_key_public() - x || y, borrowed from the key */
const uint8_t *ec_key_public(const struct ec_key *key);

/** ec_key_private() - the private part; the caller overwrites its copy */
void ec_key_private(const struct ec_key *key, uint8_t ret[static EC_PRIVATE_SIZE]);

/** ec_key_sign_digest() - ECDSA over a SHA-256. Return: 0; -EIO when OpenSSL fails. */
NODISCARD int ec_key_sign_digest(struct ec_key *key, const uint8_t digest[static EC_DIGEST_SIZE],
                                 uint8_t ret[static EC_SIGNATURE_SIZE], struct err *err);

/** ec_key_sign() - the same over SHA-256(@message) */
NODISCARD int ec_key_sign(struct ec_key *key, struct span message,
                          uint8_t ret[static EC_SIGNATURE_SIZE], struct err *err);

/** ec_key_pkcs8_put() - append the key as PKCS#8 DER, EC_PKCS8_SIZE bytes; for PEM files */
void ec_key_pkcs8_put(const struct ec_key *key, struct buf *out);

/**
 * ec_key_pkcs8_parse() - read what ec_key_pkcs8_put() and OpenSSL's tools write: a named curve and
 * the public key included
 * Return: 0; -EBADMSG for another form, and when the public key is not the private one's.
 */
NODISCARD int ec_key_pkcs8_parse(struct span der, struct ec_key **ret, struct err *err);

#endif
