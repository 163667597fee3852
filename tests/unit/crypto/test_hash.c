/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/hash.h"

/* FIPS 180-4 */
static void sha256_is_that_of_the_standard(void **state)
{
    static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                  0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                  0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    uint8_t hash[SHA256_SIZE];

    (void)state;
    hash_sha256(span_str("abc"), hash);
    assert_memory_equal(hash, abc, sizeof(abc));
    hash_sha256_two(span_str("a"), span_str("bc"), hash);
    assert_memory_equal(hash, abc, sizeof(abc));
}

/* FIPS 180-4's examples of "abc": the first eight bytes of each tell the kinds apart. */
static void every_kind_is_that_of_the_standard(void **state)
{
    static const struct {
        enum hash_kind kind;
        size_t size;
        uint8_t head[8];
    } rows[] = {
        {HASH_SHA256, 32, {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea}},
        {HASH_SHA384, 48, {0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b}},
        {HASH_SHA512, 64, {0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t hash[HASH_SIZE_MAX];

        assert_int_equal(hash_size(rows[i].kind), rows[i].size);
        hash_of(rows[i].kind, span_str("ab"), span_str("c"), hash);
        assert_memory_equal(hash, rows[i].head, sizeof(rows[i].head));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_that_of_the_standard),
        cmocka_unit_test(every_kind_is_that_of_the_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
