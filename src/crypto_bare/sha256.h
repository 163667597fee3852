/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_bare/sha256.h: SHA-256 (FIPS 180-4), with SHA-NI where the processor has it. */
#ifndef COFFER_CRYPTO_BARE_SHA256_H
#define COFFER_CRYPTO_BARE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum {
    SHA256_SIZE = 32,       /* bytes of a digest */
    SHA256_BLOCK_SIZE = 64, /* bytes */
};

/** struct sha256 - in the caller's storage; has no pointer, so a copy continues independently */
struct sha256 {
    uint32_t state[8];
    uint64_t size; /* bytes hashed so far */
    uint8_t block[SHA256_BLOCK_SIZE];
};

void sha256_init(struct sha256 *s);

/** sha256_update() - add bytes; whole blocks are hashed without a copy */
void sha256_update(struct sha256 *s, const void *data, size_t size);

/** struct sha256_piece - a run of whole blocks; borrowed */
struct sha256_piece {
    const void *data;
    size_t blocks;
};

/**
 * sha256_update_pieces() - add several runs of blocks, with the state in registers between them.
 * The bytes added before must be whole blocks too.
 */
void sha256_update_pieces(struct sha256 *s, const struct sha256_piece *pieces, size_t count);

/** sha256_final() - the digest; @s is wiped and must be initialised before it is used again */
void sha256_final(struct sha256 *s, uint8_t ret_digest[static SHA256_SIZE]);

/** sha256() - the digest of @size bytes */
void sha256(const void *data, size_t size, uint8_t ret_digest[static SHA256_SIZE]);

#endif
