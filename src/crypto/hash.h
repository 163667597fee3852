/* SPDX-License-Identifier: Apache-2.0 */
/* crypto/hash.h: SHA-256 of OpenSSL, without allocation or fetch per call. */
#ifndef COFFER_CRYPTO_HASH_H
#define COFFER_CRYPTO_HASH_H

#include <stdint.h>

#include "base/span.h"
#include "crypto_bare/sha256.h" /* SHA256_SIZE */

/** hash_sha256() - SHA-256 of @bytes */
void hash_sha256(struct span bytes, uint8_t ret[static SHA256_SIZE]);

/** hash_sha256_two() - SHA-256 of @a followed by @b */
void hash_sha256_two(struct span a, struct span b, uint8_t ret[static SHA256_SIZE]);

#endif
