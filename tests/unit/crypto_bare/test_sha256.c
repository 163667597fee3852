/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "crypto_bare/accel.h"
#include "crypto_bare/sha256.h"
#include "accel_setup.h"
#include "hex.h"

static void expect_digest(const void *data, size_t size, const char *hex)
{
    uint8_t expected[SHA256_SIZE], digest[SHA256_SIZE];

    unhex(hex, expected, sizeof(expected));
    sha256(data, size, digest);
    assert_memory_equal(digest, expected, sizeof(digest));
}

/* FIPS 180-4 examples, and the empty message */
static void known_answers(void **state)
{
    const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

    (void)state;
    expect_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_digest(two_blocks, strlen(two_blocks),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void million_letters(void **state)
{
    static const char hex[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    uint8_t expected[SHA256_SIZE], digest[SHA256_SIZE];
    char piece[997];
    struct sha256 s;

    (void)state;
    memset(piece, 'a', sizeof(piece));
    unhex(hex, expected, sizeof(expected));
    sha256_init(&s);
    for (size_t done = 0; done < 1000000;) {
        size_t take = MIN(sizeof(piece), 1000000 - done);

        sha256_update(&s, piece, take);
        done += take;
    }
    sha256_final(&s, digest);
    assert_memory_equal(digest, expected, sizeof(digest));
}

/* around the block boundaries, every split of a message in two gives the digest of the whole */
static void splits(void **state)
{
    uint8_t message[200], whole[SHA256_SIZE], digest[SHA256_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)(i * 7 + 1);
    for (size_t size = 0; size <= sizeof(message); size++) {
        sha256(message, size, whole);
        for (size_t first = 0; first <= size; first++) {
            struct sha256 s;

            sha256_init(&s);
            sha256_update(&s, message, first);
            sha256_update(&s, message + first, size - first);
            sha256_final(&s, digest);
            assert_memory_equal(digest, whole, sizeof(whole));
        }
    }
}

/* blocks in pieces, between other updates, on both paths */
static void pieces(void **state)
{
    uint8_t message[9 * SHA256_BLOCK_SIZE + 5], whole[SHA256_SIZE], digest[SHA256_SIZE];
    const struct sha256_piece parts[] = {
        {message + SHA256_BLOCK_SIZE, 1},
        {message + 2 * SHA256_BLOCK_SIZE, 0},
        {message + 2 * SHA256_BLOCK_SIZE, 4},
        {message + 6 * SHA256_BLOCK_SIZE, 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)(i * 5 + 2);
    sha256(message, sizeof(message), whole);
    for (int pass = 0; pass < 2; pass++) {
        struct sha256 s;

        accel_set(pass ? accel_detect() : 0);
        sha256_init(&s);
        sha256_update(&s, message, SHA256_BLOCK_SIZE);
        sha256_update_pieces(&s, parts, ARRAY_COUNT(parts));
        sha256_update(&s, message + 9 * SHA256_BLOCK_SIZE, 5);
        sha256_final(&s, digest);
        assert_memory_equal(digest, whole, sizeof(whole));
    }
}

static void portable_equals_accelerated(void **state)
{
    uint8_t message[SHA256_BLOCK_SIZE * 5 + 3], fast[SHA256_SIZE], slow[SHA256_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)(i * i + 3);
    for (size_t size = 0; size <= sizeof(message); size++) {
        accel_set(accel_detect());
        sha256(message, size, fast);
        accel_set(0);
        sha256(message, size, slow);
        assert_memory_equal(fast, slow, sizeof(fast));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(known_answers, use_portable),
        cmocka_unit_test_setup(known_answers, use_detected),
        cmocka_unit_test_setup(million_letters, use_portable),
        cmocka_unit_test_setup(million_letters, use_detected),
        cmocka_unit_test_setup(splits, use_detected),
        cmocka_unit_test(pieces),
        cmocka_unit_test(portable_equals_accelerated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
