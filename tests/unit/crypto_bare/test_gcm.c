/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "crypto_bare/gcm.h"
#include "paths.h"
#include "hex.h"

struct row {
    const char *key, *iv, *aad, *plain, *cipher, *tag;
};

/* the AES-128 test cases 1 to 4 of the GCM specification (McGrew and Viega) */
static const struct row rows[] = {
    {"00000000000000000000000000000000", "000000000000000000000000", "", "", "",
     "58e2fccefa7e3061367f1d57a4e7455a"},
    {"00000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "0388dace60b6a392f328c2b971b2fe78",
     "ab6e47d42cec13bdf53a67b21257bddf"},
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091473f5985",
     "4d5c2af327cd64a62cf35abd2ba6fab4"},
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
     "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
};

static void expect_row(const struct row *row)
{
    uint8_t key[16], iv[12], aad[64], plain[64], cipher[64], tag[16], got[64], got_tag[16];
    struct gcm_input in = {.key = key, .iv = iv, .aad = aad, .text = plain};

    unhex(row->key, key, sizeof(key));
    unhex(row->iv, iv, sizeof(iv));
    in.aad_size = unhex(row->aad, aad, sizeof(aad));
    in.text_size = unhex(row->plain, plain, sizeof(plain));
    unhex(row->cipher, cipher, sizeof(cipher));
    unhex(row->tag, tag, sizeof(tag));
    gcm_encrypt(&in, got, got_tag);
    assert_memory_equal(got, cipher, in.text_size);
    assert_memory_equal(got_tag, tag, sizeof(tag));
    in.text = got;
    assert_true(gcm_decrypt(&in, tag, got));
    assert_memory_equal(got, plain, in.text_size);
}

static void known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        expect_row(&rows[i]);
}

/* one flipped bit anywhere in tag, text or additional data is noticed, and nothing is written */
static void tampering(void **state)
{
    uint8_t wire[16 + 20 + 7], key[16] = {3}, iv[12] = {4}, plain[20];
    struct gcm_input in = {
        .key = key, .iv = iv, .aad = wire + 36, .aad_size = 7, .text = wire + 16, .text_size = 20};

    (void)state;
    memset(wire, 0x5a, sizeof(wire));
    gcm_encrypt(&in, wire + 16, wire);
    for (size_t bit = 0; bit < sizeof(wire) * 8; bit++) {
        wire[bit / 8] ^= (uint8_t)(1U << bit % 8);
        memset(plain, 0xee, sizeof(plain));
        assert_false(gcm_decrypt(&in, wire, plain));
        assert_int_equal(plain[0], 0xee);
        assert_int_equal(plain[19], 0xee);
        wire[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_true(gcm_decrypt(&in, wire, plain));
    assert_int_equal(plain[0], 0x5a);
}

/* every size around the block and the eight blocks, with additional data of as many sizes */
static void paths_agree(void **state)
{
    static uint8_t plain[700], cipher[2][sizeof(plain)], tag[2][GCM_TAG_SIZE];
    const uint8_t key[16] = {7, 1}, iv[12] = {9, 2};

    (void)state;
    for (size_t i = 0; i < sizeof(plain); i++)
        plain[i] = (uint8_t)(i * 37 + 5);
    for (size_t size = 0; size < sizeof(plain); size += size < 300 ? 1 : 41) {
        struct gcm_input in = {.key = key,
                               .iv = iv,
                               .aad = plain,
                               .aad_size = size * 7 % 331,
                               .text = plain,
                               .text_size = size};

        accel_set(0);
        gcm_encrypt(&in, cipher[0], tag[0]);
        for (size_t i = 0; i < ARRAY_COUNT(accel_paths); i++) {
            accel_set(accel_paths[i] & accel_detect());
            gcm_encrypt(&in, cipher[1], tag[1]);
            assert_memory_equal(cipher[1], cipher[0], size);
            assert_memory_equal(tag[1], tag[0], sizeof(tag[0]));
            in.text = cipher[1];
            assert_true(gcm_decrypt(&in, tag[1], cipher[1]));
            assert_memory_equal(cipher[1], plain, size);
            in.text = plain;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(known_answers, path_portable),
        cmocka_unit_test_setup(known_answers, path_aes),
        cmocka_unit_test_setup(known_answers, path_clmul),
        cmocka_unit_test_setup(known_answers, path_vaes),
        cmocka_unit_test_setup(tampering, path_portable),
        cmocka_unit_test_setup(tampering, path_vaes),
        cmocka_unit_test(paths_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
