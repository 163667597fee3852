/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/hash.h: SHA-2 of OpenSSL, without allocation or fetch in a call. */
#ifndef COFFER_CRYPTO_HASH_H
#define COFFER_CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "crypto_bare/sha256.h" /* SHA256_SIZE */

enum {
    HASH_SIZE_MAX = 64, /* bytes */
};

enum hash_kind {
    HASH_NONE = 0,
    HASH_SHA256,
    HASH_SHA384,
    HASH_SHA512,
};

/** hash_size() - bytes of a hash; 0 for HASH_NONE */
size_t hash_size(enum hash_kind kind);

/** hash_name() - "SHA-256", ... */
const char *hash_name(enum hash_kind kind);

/** hash_of() - the hash of @a followed by @b; its size is hash_size(). @kind is not HASH_NONE. */
void hash_of(enum hash_kind kind, struct span a, struct span b, uint8_t ret[static HASH_SIZE_MAX]);

/** hash_sha256() - SHA-256 of @bytes */
void hash_sha256(struct span bytes, uint8_t ret[static SHA256_SIZE]);

/** hash_sha256_two() - SHA-256 of @a followed by @b */
void hash_sha256_two(struct span a, struct span b, uint8_t ret[static SHA256_SIZE]);

#endif
