/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "crypto_bare/accel.h"
#include "crypto_bare/aes.h"
#include "accel_setup.h"
#include "hex.h"

static void expect_block(const char *key_hex, const char *from_hex, const char *to_hex)
{
    uint8_t key[AES128_KEY_SIZE], block[AES_BLOCK_SIZE], expected[AES_BLOCK_SIZE];
    struct aes128 aes;

    unhex(key_hex, key, sizeof(key));
    unhex(from_hex, block, sizeof(block));
    unhex(to_hex, expected, sizeof(expected));
    aes128_init(&aes, key);
    aes128_encrypt(&aes, block, block);
    assert_memory_equal(block, expected, sizeof(block));
}

/* FIPS 197, appendices B and C.1; SP 800-38A, F.1.1 */
static void known_answers(void **state)
{
    (void)state;
    expect_block("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734",
                 "3925841d02dc09fbdc118597196a0b32");
    expect_block("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
                 "69c4e0d86a7b0430d8cdb78070b4c55a");
    expect_block("2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
                 "3ad77bb40d7a3660a89ecaf32466ef97");
}

/* FIPS 197, A.1: the last round key */
static void key_schedule(void **state)
{
    uint8_t key[AES128_KEY_SIZE], expected[AES_BLOCK_SIZE];
    struct aes128 aes;

    (void)state;
    unhex("2b7e151628aed2a6abf7158809cf4f3c", key, sizeof(key));
    unhex("d014f9a8c9ee2589e13f0cc8b6630ca6", expected, sizeof(expected));
    aes128_init(&aes, key);
    assert_memory_equal(aes.round_key[AES128_ROUNDS], expected, sizeof(expected));
}

/* a chain of blocks uses every S-box entry on both paths */
static void portable_equals_accelerated(void **state)
{
    uint8_t key[AES128_KEY_SIZE] = {1}, fast[AES_BLOCK_SIZE] = {0}, slow[AES_BLOCK_SIZE] = {0};
    struct aes128 aes;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        accel_set(accel_detect());
        aes128_init(&aes, key);
        aes128_encrypt(&aes, fast, fast);
        accel_set(0);
        aes128_init(&aes, key);
        aes128_encrypt(&aes, slow, slow);
        assert_memory_equal(fast, slow, sizeof(fast));
        memcpy(key, fast, sizeof(key));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(known_answers, use_portable),
        cmocka_unit_test_setup(known_answers, use_detected),
        cmocka_unit_test_setup(key_schedule, use_portable),
        cmocka_unit_test_setup(key_schedule, use_detected),
        cmocka_unit_test(portable_equals_accelerated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
