/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto_bare/gcm.h"

#include <assert.h>

#include "crypto_bare/aes_ctr.h"
#include "crypto_bare/bytes.h"
#include "crypto_bare/ghash.h"
#include "crypto_bare/mem.h"

static_assert((int)GCM_IV_SIZE == (int)AES_CTR_IV_SIZE && (int)GCM_TAG_SIZE == (int)GHASH_SIZE,
              "SP 800-38D");

enum {
    COUNT_TAG = 1, /* the counter of the block that encrypts the tag */
    COUNT_TEXT = 2,
};

/** tag_make() - the tag over the additional data of @in and the text_size bytes of @cipher */
static void tag_make(const struct aes128 *aes, const struct gcm_input *in, const uint8_t *cipher,
                     uint8_t ret_tag[static GCM_TAG_SIZE])
{
    uint8_t block[AES_BLOCK_SIZE] = {0};
    struct ghash g;

    aes128_encrypt(aes, block, block);
    ghash_init(&g, block);
    ghash_update(&g, in->aad, in->aad_size);
    ghash_update(&g, cipher, in->text_size);
    store_u64be(block, (uint64_t)in->aad_size * 8);
    store_u64be(block + 8, (uint64_t)in->text_size * 8);
    ghash_update(&g, block, sizeof(block));
    ghash_final(&g, block);
    aes_ctr(aes, in->iv, COUNT_TAG, block, ret_tag, GCM_TAG_SIZE);
    mem_wipe(&g, sizeof(g));
    mem_wipe(block, sizeof(block));
}

void gcm_encrypt(const struct gcm_input *in, void *ret_text, uint8_t ret_tag[static GCM_TAG_SIZE])
{
    struct aes128 aes;

    aes128_init(&aes, in->key);
    aes_ctr(&aes, in->iv, COUNT_TEXT, in->text, ret_text, in->text_size);
    tag_make(&aes, in, ret_text, ret_tag);
    mem_wipe(&aes, sizeof(aes));
}

bool gcm_decrypt(const struct gcm_input *in, const uint8_t tag[static GCM_TAG_SIZE], void *ret_text)
{
    uint8_t expected[GCM_TAG_SIZE];
    struct aes128 aes;
    bool authentic;

    aes128_init(&aes, in->key);
    tag_make(&aes, in, in->text, expected);
    authentic = mem_equal_ct(expected, tag, GCM_TAG_SIZE);
    if (authentic)
        aes_ctr(&aes, in->iv, COUNT_TEXT, in->text, ret_text, in->text_size);
    mem_wipe(&aes, sizeof(aes));
    return authentic;
}
