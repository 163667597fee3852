/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_bare/rsa3072.h: the RSA of SIGSTRUCT: 3072 bits, public exponent 3, PKCS #1 v1.5 with
 * SHA-256. Numbers are 384 bytes, least significant first, as SIGSTRUCT stores them.
 * Verification uses the quotients in SIGSTRUCT, so each step needs two multiplications and no
 * division (SDM vol. 3D, EINIT): Q1 = floor(S^2 / N)          R = S^2 - Q1 N = S^2 mod N Q2 =
 * floor((S^3 - Q1 S N) / N)   R S - Q2 N = S^3 mod N
 */
#ifndef COFFER_CRYPTO_BARE_RSA3072_H
#define COFFER_CRYPTO_BARE_RSA3072_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto_bare/sha256.h"

enum {
    RSA3072_SIZE = 384, /* bytes of modulus, signature and quotients */
};

/** struct rsa3072_signature - borrowed pointers, RSA3072_SIZE bytes each */
struct rsa3072_signature {
    const uint8_t *modulus;
    const uint8_t *signature;
    const uint8_t *q1;
    const uint8_t *q2;
};

/**
 * rsa3072_verify() - is this a signature over @digest with correct quotients
 * A signature that is not below the modulus and a quotient that is off by one are refused.
 */
bool rsa3072_verify(const struct rsa3072_signature *s, const uint8_t digest[static SHA256_SIZE]);

/**
 * rsa3072_quotients() - Q1 and Q2 of a signature
 * Return: false when the top bit of @modulus is clear or @signature is not below it.
 */
bool rsa3072_quotients(const uint8_t modulus[static RSA3072_SIZE],
                       const uint8_t signature[static RSA3072_SIZE],
                       uint8_t ret_q1[static RSA3072_SIZE], uint8_t ret_q2[static RSA3072_SIZE]);

#endif
