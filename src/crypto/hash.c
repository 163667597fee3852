/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's low-level SHA-256 interface is deprecated and used on purpose: with EVP, allocating a
 * context and fetching the algorithm together take as long as hashing a quote.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include <openssl/sha.h>

void hash_sha256(struct span bytes, uint8_t ret[static SHA256_SIZE])
{
    hash_sha256_two(bytes, span_of(NULL, 0), ret);
}

void hash_sha256_two(struct span a, struct span b, uint8_t ret[static SHA256_SIZE])
{
    SHA256_CTX ctx;

    SHA256_Init(&ctx);
    if (a.len > 0)
        SHA256_Update(&ctx, a.data, a.len);
    if (b.len > 0)
        SHA256_Update(&ctx, b.data, b.len);
    SHA256_Final(ret, &ctx);
}
