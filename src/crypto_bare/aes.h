/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_bare/aes.h: AES-128 in the forward direction (FIPS 197), all that CMAC, CTR and GCM need.
 * AES-NI where it is; elsewhere arithmetic in GF(2^8) on eight bytes at a time: no table, no
 * secret-dependent branch or address.
 */
#ifndef COFFER_CRYPTO_BARE_AES_H
#define COFFER_CRYPTO_BARE_AES_H

#include <stdint.h>

enum {
    AES128_KEY_SIZE = 16, /* bytes */
    AES_BLOCK_SIZE = 16,  /* bytes */
    AES128_ROUNDS = 10,
};

/** struct aes128 - an expanded key; wipe with mem_wipe() after use */
struct aes128 {
    uint8_t round_key[AES128_ROUNDS + 1][AES_BLOCK_SIZE];
};

void aes128_init(struct aes128 *a, const uint8_t key[static AES128_KEY_SIZE]);

/** aes128_encrypt() - one block; @from and @ret may be the same */
void aes128_encrypt(const struct aes128 *a, const uint8_t from[static AES_BLOCK_SIZE],
                    uint8_t ret[static AES_BLOCK_SIZE]);

#endif
