/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto_bare/gcm.h"

#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

/** struct ghash - GF(2^128) with the first bit of a block as the coefficient of x^0 */
struct ghash {
    uint64_t key[2];
    uint64_t sum[2];
};

/** ghash_multiply() - sum times key; 128 steps of masks, no secret decides a branch */
static void ghash_multiply(struct ghash *g)
{
    uint64_t high = g->key[0], low = g->key[1];
    uint64_t product[2] = {0, 0};

    for (unsigned i = 0; i < 128; i++) {
        uint64_t take = -(g->sum[i / 64] >> (63 - i % 64) & 1);
        uint64_t carry = -(low & 1);

        product[0] ^= high & take;
        product[1] ^= low & take;
        low = low >> 1 | high << 63;
        high = high >> 1 ^ (carry & UINT64_C(0xe100000000000000));
    }
    g->sum[0] = product[0];
    g->sum[1] = product[1];
}

static void ghash_block(struct ghash *g, const uint8_t block[static AES_BLOCK_SIZE])
{
    g->sum[0] ^= load_u64be(block);
    g->sum[1] ^= load_u64be(block + 8);
    ghash_multiply(g);
}

static void ghash_update(struct ghash *g, const uint8_t *data, size_t size)
{
    uint8_t last[AES_BLOCK_SIZE] = {0};

    for (; size >= AES_BLOCK_SIZE; size -= AES_BLOCK_SIZE, data += AES_BLOCK_SIZE)
        ghash_block(g, data);
    if (size == 0)
        return;
    memcpy(last, data, size);
    ghash_block(g, last);
}

static void counter_block(const struct gcm_input *in, uint32_t count,
                          uint8_t ret[static AES_BLOCK_SIZE])
{
    memcpy(ret, in->iv, GCM_IV_SIZE);
    store_u32be(ret + GCM_IV_SIZE, count);
}

/** make_tag() - the tag of @in's additional data and of @cipher, text_size bytes */
static void make_tag(const struct aes128 *aes, const struct gcm_input *in, const uint8_t *cipher,
                     uint8_t ret_tag[static GCM_TAG_SIZE])
{
    uint8_t block[AES_BLOCK_SIZE] = {0};
    struct ghash g = {0};

    aes128_encrypt(aes, block, block);
    g.key[0] = load_u64be(block);
    g.key[1] = load_u64be(block + 8);
    ghash_update(&g, in->aad, in->aad_size);
    ghash_update(&g, cipher, in->text_size);
    store_u64be(block, (uint64_t)in->aad_size * 8);
    store_u64be(block + 8, (uint64_t)in->text_size * 8);
    ghash_block(&g, block);
    counter_block(in, 1, block);
    aes128_encrypt(aes, block, block);
    store_u64be(ret_tag, load_u64be(block) ^ g.sum[0]);
    store_u64be(ret_tag + 8, load_u64be(block + 8) ^ g.sum[1]);
    mem_wipe(&g, sizeof(g));
    mem_wipe(block, sizeof(block));
}

static void apply_stream(const struct aes128 *aes, const struct gcm_input *in, uint8_t *ret_text)
{
    const uint8_t *text = in->text;
    uint8_t block[AES_BLOCK_SIZE];
    uint32_t count = 2;

    for (size_t done = 0; done < in->text_size; done += AES_BLOCK_SIZE) {
        size_t left = in->text_size - done;

        counter_block(in, count++, block);
        aes128_encrypt(aes, block, block);
        for (size_t i = 0; i < AES_BLOCK_SIZE && i < left; i++)
            ret_text[done + i] = text[done + i] ^ block[i];
    }
    mem_wipe(block, sizeof(block));
}

void gcm_encrypt(const struct gcm_input *in, void *ret_text, uint8_t ret_tag[static GCM_TAG_SIZE])
{
    struct aes128 aes;

    aes128_init(&aes, in->key);
    apply_stream(&aes, in, ret_text);
    make_tag(&aes, in, ret_text, ret_tag);
    mem_wipe(&aes, sizeof(aes));
}

bool gcm_decrypt(const struct gcm_input *in, const uint8_t tag[static GCM_TAG_SIZE], void *ret_text)
{
    uint8_t expected[GCM_TAG_SIZE];
    struct aes128 aes;
    bool authentic;

    aes128_init(&aes, in->key);
    make_tag(&aes, in, in->text, expected);
    authentic = mem_equal_ct(expected, tag, GCM_TAG_SIZE);
    if (authentic)
        apply_stream(&aes, in, ret_text);
    mem_wipe(&aes, sizeof(aes));
    return authentic;
}
