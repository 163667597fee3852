/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "crypto_bare/ghash.h"
#include "hex.h"
#include "paths.h"

enum {
    DATA_SIZE = 700,
};

static void sum_of(const uint8_t *key, const uint8_t *data, size_t size, uint8_t *ret)
{
    struct ghash g;

    ghash_init(&g, key);
    ghash_update(&g, data, size);
    ghash_final(&g, ret);
}

/* test case 2 of the GCM specification (McGrew and Viega): H, C, and GHASH of C with its lengths */
static void known_answer(void **state)
{
    uint8_t key[GHASH_SIZE], data[2 * GHASH_SIZE] = {0}, sum[GHASH_SIZE], expected[GHASH_SIZE];

    (void)state;
    unhex("66e94bd4ef8a2c3b884cfa59ca342b2e", key, sizeof(key));
    unhex("0388dace60b6a392f328c2b971b2fe78", data, GHASH_SIZE);
    unhex("f38cbb1ad69223dcc3457ae5b6b0f885", expected, sizeof(expected));
    data[2 * GHASH_SIZE - 1] = 0x80;
    sum_of(key, data, sizeof(data), sum);
    assert_memory_equal(sum, expected, sizeof(sum));
}

/** product() - the product of two blocks, bit by bit as in SP 800-38D, 6.3 */
static void product(const uint8_t *x, const uint8_t *y, uint8_t *ret)
{
    uint8_t v[GHASH_SIZE], z[GHASH_SIZE] = {0};

    memcpy(v, y, sizeof(v));
    for (size_t bit = 0; bit < 128; bit++) {
        unsigned last = v[GHASH_SIZE - 1] & 1;

        for (size_t i = 0; i < GHASH_SIZE; i++)
            z[i] ^= x[bit / 8] >> (7 - bit % 8) & 1 ? v[i] : 0;
        for (size_t i = GHASH_SIZE; i-- > 0;)
            v[i] = (uint8_t)(v[i] >> 1 | (i ? v[i - 1] << 7 : 0));
        v[0] ^= last ? 0xe1 : 0;
    }
    memcpy(ret, z, sizeof(z));
}

/* keys and blocks of one bit: every bit of the field times every other, with the reduction */
static void single_bits(void **state)
{
    (void)state;
    for (size_t a = 0; a < 128; a++) {
        for (size_t b = 0; b < 128; b++) {
            uint8_t key[GHASH_SIZE] = {0}, block[GHASH_SIZE] = {0};
            uint8_t sum[GHASH_SIZE], expected[GHASH_SIZE];

            key[a / 8] = (uint8_t)(0x80 >> a % 8);
            block[b / 8] = (uint8_t)(0x80 >> b % 8);
            product(block, key, expected);
            sum_of(key, block, sizeof(block), sum);
            assert_memory_equal(sum, expected, sizeof(sum));
        }
    }
}

static void paths_agree(void **state)
{
    uint8_t data[DATA_SIZE], key[GHASH_SIZE], sum[2][GHASH_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * i + 11 * i + 3);
    memset(key, 0xc3, sizeof(key));
    for (size_t size = 0; size <= DATA_SIZE; size++) {
        key[0] = (uint8_t)(size * 5); /* its first bit is the carry of a doubling */
        accel_set(0);
        sum_of(key, data, size, sum[0]);
        for (size_t i = 0; i < ARRAY_COUNT(accel_paths); i++) {
            accel_set(accel_paths[i] & accel_detect());
            sum_of(key, data, size, sum[1]);
            assert_memory_equal(sum[1], sum[0], GHASH_SIZE);
        }
    }
}

/* a sum stays on the path on which it was begun, and parts of whole blocks may be joined */
static void parts(void **state)
{
    uint8_t data[DATA_SIZE] = {1}, key[GHASH_SIZE] = {0x81, 2}, whole[GHASH_SIZE], sum[GHASH_SIZE];

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(accel_paths); i++) {
        unsigned set = accel_paths[i] & accel_detect();

        for (size_t first = 0; first < DATA_SIZE; first += GHASH_SIZE) {
            struct ghash g;

            accel_set(set);
            sum_of(key, data, DATA_SIZE, whole);
            ghash_init(&g, key);
            accel_set(0);
            ghash_update(&g, data, first);
            ghash_update(&g, data + first, DATA_SIZE - first);
            ghash_final(&g, sum);
            assert_memory_equal(sum, whole, sizeof(sum));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(known_answer, path_portable),
        cmocka_unit_test_setup(known_answer, path_clmul),
        cmocka_unit_test_setup(single_bits, path_portable),
        cmocka_unit_test_setup(single_bits, path_clmul),
        cmocka_unit_test(paths_agree),
        cmocka_unit_test(parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
