/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/rsa.h: the private key that signs an enclave: RSA of 3072 bits with exponent 3, from a
 * file or from any place that OpenSSL's store knows, such as a PKCS #11 token.
 */
#ifndef COFFER_CRYPTO_RSA_H
#define COFFER_CRYPTO_RSA_H

#include <stdint.h>

#include "base/err.h"
#include "crypto_bare/rsa3072.h"

struct rsa_signer; /* opaque */

/**
 * rsa_signer_new() - open a key
 * @uri: path of a PEM or DER file, or "pkcs11:..." with a provider in openssl.cnf or libp11's
 * engine. A passphrase or PIN is asked on the terminal where one is needed. Return: 0 and @ret,
 * released with rsa_signer_free(); -ENOENT when there is no key, -EINVAL when it is not an RSA key
 * of 3072 bits with exponent 3.
 */
NODISCARD int rsa_signer_new(const char *uri, struct rsa_signer **ret, struct err *err);
void rsa_signer_free(struct rsa_signer *s);
void rsa_signer_freep(struct rsa_signer **s);

/** rsa_signer_modulus() - RSA3072_SIZE bytes, least significant first; borrowed */
const uint8_t *rsa_signer_modulus(const struct rsa_signer *s);

/**
 * rsa_signer_sign() - RSASSA-PKCS1-v1_5 of a SHA-256 @digest, least significant byte first
 * Return: 0; -EIO when the token or OpenSSL refuses.
 */
NODISCARD int rsa_signer_sign(struct rsa_signer *s, const uint8_t digest[static SHA256_SIZE],
                              uint8_t ret_signature[static RSA3072_SIZE], struct err *err);

#endif
