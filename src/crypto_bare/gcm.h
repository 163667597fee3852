/* SPDX-License-Identifier: Apache-2.0 */
/* crypto_bare/gcm.h: AES-128-GCM (SP 800-38D) with a 96-bit IV and a 128-bit tag. */
#ifndef COFFER_CRYPTO_BARE_GCM_H
#define COFFER_CRYPTO_BARE_GCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto_bare/aes.h"

enum {
    GCM_IV_SIZE = 12,  /* bytes */
    GCM_TAG_SIZE = 16, /* bytes */
};

/** struct gcm_input - input of both directions; borrowed for the call */
struct gcm_input {
    const uint8_t *key; /* AES128_KEY_SIZE bytes */
    const uint8_t *iv;  /* GCM_IV_SIZE bytes, never used twice under one key */
    const void *aad;    /* authenticated, not encrypted; may be NULL when aad_size is 0 */
    size_t aad_size;    /* bytes */
    const void *text;   /* plaintext or ciphertext; may be NULL when text_size is 0 */
    size_t text_size;   /* bytes; below 2^36 - 32 */
};

/** gcm_encrypt() - @ret_text receives text_size bytes and may be in->text itself */
void gcm_encrypt(const struct gcm_input *in, void *ret_text, uint8_t ret_tag[static GCM_TAG_SIZE]);

/**
 * gcm_decrypt() - check @tag, and decrypt only when it is correct
 * Return: true when authentic; otherwise false, and @ret_text is not written.
 */
bool gcm_decrypt(const struct gcm_input *in, const uint8_t tag[static GCM_TAG_SIZE],
                 void *ret_text);

#endif
