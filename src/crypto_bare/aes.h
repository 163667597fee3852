/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto_bare/aes.h: AES-128 encryption of blocks (FIPS 197), which is enough for CMAC, CTR and
 * GCM. It uses AES-NI where the processor has it, and arithmetic in GF(2^8) on eight bytes at a
 * time elsewhere: no table, and no branch or address that depends on a secret.
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
