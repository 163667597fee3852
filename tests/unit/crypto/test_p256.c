/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/ec_key.h"
#include "crypto/p256.h"

/* A public key that is no point and a signature out of range are invalid; they are no error. */
static void keys_and_signatures_out_of_range_are_invalid(void **state)
{
    uint8_t digest[32] = {1}, signature[EC_SIGNATURE_SIZE], key[P256_KEY_SIZE];
    uint8_t zero[64] = {0}, ones[64];
    CLEANUP(ec_key_freep) struct ec_key *issuer = NULL;
    CLEANUP(p256_freep) struct p256 *p256 = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(ec_key_new(&issuer, &err), 0);
    assert_int_equal(p256_new(&p256, &err), 0);
    memset(ones, 0xff, sizeof(ones));
    memcpy(key, ec_key_public(issuer), sizeof(key));
    assert_int_equal(ec_key_sign_digest(issuer, digest, signature, &err), 0);
    assert_int_equal(p256_verify_digest(p256, key, digest, signature), P256_VALID);
    assert_int_equal(p256_verify_digest(p256, zero, digest, signature), P256_INVALID);
    assert_int_equal(p256_verify_digest(p256, ones, digest, signature), P256_INVALID);
    assert_int_equal(p256_verify_digest(p256, key, digest, zero), P256_INVALID);
    assert_int_equal(p256_verify_digest(p256, key, digest, ones), P256_INVALID);
    for (size_t half = 0; half < 64; half += 32) {
        uint8_t bent[64];

        memcpy(bent, signature, sizeof(bent));
        memset(bent + half, 0, 32);
        assert_int_equal(p256_verify_digest(p256, key, digest, bent), P256_INVALID);
        memset(bent + half, 0xff, 32);
        assert_int_equal(p256_verify_digest(p256, key, digest, bent), P256_INVALID);
    }
    key[10] ^= 1;
    assert_int_equal(p256_verify_digest(p256, key, digest, signature), P256_INVALID);
    key[10] ^= 1;
    assert_int_equal(p256_verify_digest(p256, key, digest, signature), P256_VALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_signatures_out_of_range_are_invalid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
