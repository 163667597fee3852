/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto_bare/cmac.h"

#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

/** block_double() - times x in GF(2^128), most significant byte first: RFC 4493, 2.3 */
static void block_double(uint8_t block[static AES_BLOCK_SIZE])
{
    uint64_t high = load_u64be(block);
    uint64_t low = load_u64be(block + 8);
    uint64_t carry = high >> 63;

    store_u64be(block, high << 1 | low >> 63);
    store_u64be(block + 8, low << 1 ^ carry * 0x87);
}

static void bytes_xor(uint8_t *into, const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        into[i] ^= from[i];
}

void cmac(const uint8_t key[static AES128_KEY_SIZE], const void *data, size_t size,
          uint8_t ret_tag[static CMAC_SIZE])
{
    const uint8_t *p = data;
    uint8_t subkey[AES_BLOCK_SIZE] = {0};
    uint8_t chain[AES_BLOCK_SIZE] = {0};
    struct aes128 aes;

    aes128_init(&aes, key);
    aes128_encrypt(&aes, subkey, subkey);
    block_double(subkey);
    for (; size > AES_BLOCK_SIZE; size -= AES_BLOCK_SIZE, p += AES_BLOCK_SIZE) {
        bytes_xor(chain, p, AES_BLOCK_SIZE);
        aes128_encrypt(&aes, chain, chain);
    }
    bytes_xor(chain, p, size);
    if (size < AES_BLOCK_SIZE) {
        chain[size] ^= 0x80;
        block_double(subkey);
    }
    bytes_xor(chain, subkey, AES_BLOCK_SIZE);
    aes128_encrypt(&aes, chain, ret_tag);
    mem_wipe(&aes, sizeof(aes));
    mem_wipe(subkey, sizeof(subkey));
    mem_wipe(chain, sizeof(chain));
}
