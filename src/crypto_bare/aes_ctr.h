/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_bare/aes_ctr.h: AES-128 in the counter mode of GCM (SP 800-38D, 6.5). A counter block is
 * 12 bytes of IV and a 32-bit counter, most significant byte first, which wraps within its 32 bits.
 */
#ifndef COFFER_CRYPTO_BARE_AES_CTR_H
#define COFFER_CRYPTO_BARE_AES_CTR_H

#include <stddef.h>

#include "crypto_bare/aes.h"

enum {
    AES_CTR_IV_SIZE = 12, /* bytes */
};

/**
 * aes_ctr() - XOR the key stream that begins at counter @count over @size bytes
 * @from, @ret_to: equal, or without overlap
 */
void aes_ctr(const struct aes128 *a, const uint8_t iv[static AES_CTR_IV_SIZE], uint32_t count,
             const void *from, void *ret_to, size_t size);

#endif
