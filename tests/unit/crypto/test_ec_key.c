/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/ec_key.h"
#include "crypto/p256.h"
#include "mutate.h"

/* RFC 6979 A.2.5: a P-256 key pair */
static const uint8_t rfc_private[EC_PRIVATE_SIZE] = {
    0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16, 0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93,
    0x4e, 0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12, 0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21,
};
static const uint8_t rfc_public_head[] = {0x60, 0xfe, 0xd4, 0xba, 0x25, 0x5a, 0x9d, 0x31};

static void the_public_key_belongs_to_the_private(void **state)
{
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;
    uint8_t private[EC_PRIVATE_SIZE];

    (void)state;
    assert_int_equal(ec_key_from_private(rfc_private, &key, NULL), 0);
    assert_memory_equal(ec_key_public(key), rfc_public_head, sizeof(rfc_public_head));
    ec_key_private(key, private);
    assert_memory_equal(private, rfc_private, sizeof(private));
}

static void numbers_out_of_range_are_refused(void **state)
{
    static const uint8_t zero[EC_PRIVATE_SIZE];
    uint8_t large[EC_PRIVATE_SIZE];
    struct ec_key *key = NULL;

    (void)state;
    memset(large, 0xff, sizeof(large));
    assert_int_equal(ec_key_from_private(zero, &key, NULL), -EBADMSG);
    assert_int_equal(ec_key_from_private(large, &key, NULL), -EBADMSG);
    assert_null(key);
}

static void signatures_verify(void **state)
{
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;
    CLEANUP(p256_freep) struct p256 *p256 = NULL;
    struct span message = span_str("sample");
    uint8_t signature[EC_SIGNATURE_SIZE], again[EC_SIGNATURE_SIZE];

    (void)state;
    assert_int_equal(ec_key_new(&key, NULL), 0);
    assert_int_equal(p256_new(&p256, NULL), 0);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(ec_key_sign(key, message, signature, NULL), 0);
        assert_int_equal(p256_verify(p256, ec_key_public(key), message, signature), P256_VALID);
    }
    assert_int_equal(ec_key_sign(key, message, again, NULL), 0);
    assert_memory_not_equal(signature, again, sizeof(again));
    signature[5] ^= 1;
    assert_int_equal(p256_verify(p256, ec_key_public(key), message, signature), P256_INVALID);
}

static int parse(struct span der, void *context)
{
    struct ec_key *key = NULL;
    int r = ec_key_pkcs8_parse(der, &key, NULL);

    (void)context;
    ec_key_free(key);
    return r;
}

static void pkcs8_keeps_a_key(void **state)
{
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;
    CLEANUP(ec_key_freep) struct ec_key *back = NULL;
    CLEANUP(buf_done) struct buf der = buf_init(EC_PKCS8_SIZE);

    (void)state;
    assert_int_equal(ec_key_new(&key, NULL), 0);
    ec_key_pkcs8_put(key, &der);
    assert_int_equal(buf_status(&der), 0);
    assert_int_equal(der.len, EC_PKCS8_SIZE);
    assert_int_equal(ec_key_pkcs8_parse(buf_span(&der), &back, NULL), 0);
    assert_memory_equal(ec_key_public(key), ec_key_public(back), EC_PUBLIC_SIZE);
    assert_int_equal(mutate_prefixes(buf_span(&der), parse, NULL), 0);
    assert_int_equal(mutate_bits(buf_span(&der), 0, der.len * 8, parse, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_public_key_belongs_to_the_private),
        cmocka_unit_test(numbers_out_of_range_are_refused),
        cmocka_unit_test(signatures_verify),
        cmocka_unit_test(pkcs8_keeps_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
