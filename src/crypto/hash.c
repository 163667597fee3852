/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's low-level SHA-256 interface is deprecated and used on purpose: with EVP, allocating a
 * context and fetching the algorithm together take as long as hashing a quote.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include <assert.h>
#include <openssl/sha.h>

size_t hash_size(enum hash_kind kind)
{
    static const size_t sizes[] = {
        [HASH_SHA256] = SHA256_DIGEST_LENGTH,
        [HASH_SHA384] = SHA384_DIGEST_LENGTH,
        [HASH_SHA512] = SHA512_DIGEST_LENGTH,
    };

    return sizes[kind];
}

const char *hash_name(enum hash_kind kind)
{
    static const char *const names[] = {
        [HASH_NONE] = "no hash",
        [HASH_SHA256] = "SHA-256",
        [HASH_SHA384] = "SHA-384",
        [HASH_SHA512] = "SHA-512",
    };

    return names[kind];
}

/* SHA-384 is SHA-512 with another start and a shorter end; they share OpenSSL's context. */
static void sha512_of(enum hash_kind kind, struct span a, struct span b, uint8_t *ret)
{
    SHA512_CTX ctx;

    if (kind == HASH_SHA384)
        SHA384_Init(&ctx);
    else
        SHA512_Init(&ctx);
    if (a.len > 0)
        SHA512_Update(&ctx, a.data, a.len);
    if (b.len > 0)
        SHA512_Update(&ctx, b.data, b.len);
    if (kind == HASH_SHA384)
        SHA384_Final(ret, &ctx);
    else
        SHA512_Final(ret, &ctx);
}

void hash_of(enum hash_kind kind, struct span a, struct span b, uint8_t ret[static HASH_SIZE_MAX])
{
    assert(kind != HASH_NONE);
    if (kind == HASH_SHA256)
        hash_sha256_two(a, b, ret);
    else
        sha512_of(kind, a, b, ret);
}

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
