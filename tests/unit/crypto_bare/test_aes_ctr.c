/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "crypto_bare/aes_ctr.h"
#include "paths.h"

enum {
    TEXT_SIZE = 600,
};

static struct aes128 aes;
static const uint8_t iv[AES_CTR_IV_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static int key_make(void **state)
{
    static const uint8_t key[AES128_KEY_SIZE] = {0x2b, 0x7e, 0x15, 0x16};

    (void)state;
    accel_set(0);
    aes128_init(&aes, key);
    return 0;
}

/** block_expected() - one block of the stream, from the cipher alone */
static void block_expected(uint32_t count, uint8_t ret[static AES_BLOCK_SIZE])
{
    memcpy(ret, iv, AES_CTR_IV_SIZE);
    for (size_t i = 0; i < 4; i++)
        ret[AES_CTR_IV_SIZE + i] = (uint8_t)(count >> (24 - 8 * i));
    aes128_encrypt(&aes, ret, ret);
}

static void expect_stream(uint32_t count, size_t size)
{
    uint8_t text[TEXT_SIZE + 1], expected[TEXT_SIZE + AES_BLOCK_SIZE];

    memset(text, 0x5a, sizeof(text));
    for (size_t at = 0; at < size; at += AES_BLOCK_SIZE)
        block_expected(count++, expected + at);
    aes_ctr(&aes, iv, count - (uint32_t)((size + AES_BLOCK_SIZE - 1) / AES_BLOCK_SIZE), text, text,
            size);
    for (size_t at = 0; at < size; at++)
        assert_int_equal(text[at], expected[at] ^ 0x5a);
    assert_int_equal(text[size], 0x5a); /* and nothing beyond */
}

static void streams(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(accel_paths); i++) {
        accel_set(accel_paths[i] & accel_detect());
        for (size_t size = 0; size <= TEXT_SIZE; size++)
            expect_stream(2, size);
    }
}

/* the counter wraps in its 32 bits and leaves the IV alone, at each place among eight blocks */
static void counters_wrap(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(accel_paths); i++) {
        accel_set(accel_paths[i] & accel_detect());
        for (uint32_t before = 0; before < 20; before++)
            expect_stream(UINT32_MAX - before, TEXT_SIZE);
    }
}

static void text_moves(void **state)
{
    uint8_t from[TEXT_SIZE + 3], to[TEXT_SIZE + 5], same[TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(accel_paths); i++) {
        accel_set(accel_paths[i] & accel_detect());
        memset(from, 3, sizeof(from));
        memset(same, 3, sizeof(same));
        aes_ctr(&aes, iv, 7, from + 3, to + 5, TEXT_SIZE); /* not aligned */
        aes_ctr(&aes, iv, 7, same, same, TEXT_SIZE);
        assert_memory_equal(to + 5, same, TEXT_SIZE);
        assert_int_equal(from[3], 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams),
        cmocka_unit_test(counters_wrap),
        cmocka_unit_test(text_moves),
    };

    return cmocka_run_group_tests(tests, key_make, NULL);
}
