/* SPDX-License-Identifier: Apache-2.0 */
/* The comb against OpenSSL: random signatures, and every case that random ones never meet. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>

#include "crypto/ec_key.h"
#include "crypto/p256_comb.h"
#include "crypto/p256_scalar.h"

static struct p256 *openssl;
static EC_GROUP *group;
static BN_CTX *ctx;
static uint64_t random_state = 0x9e3779b97f4a7c15;

static int setup(void **state)
{
    (void)state;
    group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    ctx = BN_CTX_new();
    return group && ctx && p256_new(&openssl, NULL) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    p256_free(openssl);
    EC_GROUP_free(group);
    BN_CTX_free(ctx);
    return 0;
}

/* xorshift64: the same bytes in every run */
static void bytes_fill(uint8_t *to, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        random_state ^= random_state << 13;
        random_state ^= random_state >> 7;
        random_state ^= random_state << 17;
        to[i] = (uint8_t)(random_state >> 32);
    }
}

/* Both must say the same; OpenSSL calls a sum that is the identity an error, which is as invalid.
 */
static enum p256_result agree(const uint8_t key[static 64], const uint8_t digest[static 32],
                              const uint8_t signature[static 64])
{
    enum p256_result expected = p256_verify_digest(openssl, key, digest, signature), got;
    struct p256_comb comb;

    got = p256_comb_init(&comb, key) ? p256_comb_verify(&comb, digest, signature) : P256_INVALID;
    assert_int_equal(got == P256_VALID, expected == P256_VALID);
    return got;
}

static void random_signatures_agree(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) {
        uint8_t private[EC_PRIVATE_SIZE], digest[32], signature[64];
        struct ec_key *key;
        struct err err = {0};
        unsigned bit;

        bytes_fill(private, sizeof(private));
        bytes_fill(digest, sizeof(digest));
        private[0] &= 0x7f;
        assert_int_equal(ec_key_from_private(private, &key, &err), 0);
        assert_int_equal(ec_key_sign_digest(key, digest, signature, &err), 0);
        assert_int_equal(agree(ec_key_public(key), digest, signature), P256_VALID);
        bit = digest[0] + 256U * (digest[1] & 1);
        signature[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(agree(ec_key_public(key), digest, signature), P256_INVALID);
        ec_key_free(key);
    }
}

static const char *const scalars[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000001",
    "0000000000000000000000000000000000000000000000000000000000000002",
    "0000000000000000000000000000000000000000000000000000000000000003",
    "8000000000000000000000000000000000000000000000000000000000000000",
    "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550", /* n - 1 */
    "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", /* n */
    "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632552",
    "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF", /* p */
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296", /* x of the generator */
    "7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978", /* x of its double */
};

static void number_load(const char *hex, uint8_t to[static 32])
{
    BIGNUM *n = NULL;

    assert_true(BN_hex2bn(&n, hex) > 0 && BN_bn2binpad(n, to, 32) == 32);
    BN_free(n);
}

/* Keys that are small multiples of the generator, with numbers that make the two halves of the sum
 * equal, opposite, or nothing. */
static void edges_agree(void **state)
{
    size_t valid = 0;

    (void)state;
    for (unsigned k = 1; k < 7; k++) {
        uint8_t private[EC_PRIVATE_SIZE] = {0};
        struct ec_key *key;

        if (k < 6)
        private[31] = (uint8_t)k;
        else number_load(scalars[5], private);
        assert_int_equal(ec_key_from_private(private, &key, NULL), 0);
        for (size_t r = 0; r < ARRAY_COUNT(scalars); r++)
            for (size_t s = 0; s < ARRAY_COUNT(scalars); s++)
                for (size_t e = 0; e < ARRAY_COUNT(scalars); e++) {
                    uint8_t signature[64], digest[32];

                    number_load(scalars[r], signature);
                    number_load(scalars[s], signature + 32);
                    number_load(scalars[e], digest);
                    valid += agree(ec_key_public(key), digest, signature) == P256_VALID;
                }
        ec_key_free(key);
    }
    assert_true(valid > 0);
}

/* A key such that u1 G + u2 Q is @point, for u1 = e / s and u2 = r / s: Q = (s point - e G) / r. */
static void key_for(const EC_POINT *point, const BIGNUM *r, const BIGNUM *s, const BIGNUM *e,
                    uint8_t ret[static 64])
{
    EC_POINT *q = EC_POINT_new(group), *eg = EC_POINT_new(group);
    BIGNUM *inverse = BN_mod_inverse(NULL, r, EC_GROUP_get0_order(group), ctx);
    uint8_t octets[65];

    assert_true(EC_POINT_mul(group, q, NULL, point, s, ctx) == 1 &&
                EC_POINT_mul(group, eg, e, NULL, NULL, ctx) == 1 &&
                EC_POINT_invert(group, eg, ctx) == 1 && EC_POINT_add(group, q, q, eg, ctx) == 1 &&
                EC_POINT_mul(group, q, NULL, q, inverse, ctx) == 1);
    assert_int_equal(
        EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof(octets), ctx),
        65);
    memcpy(ret, octets + 1, 64);
    BN_free(inverse);
    EC_POINT_free(q);
    EC_POINT_free(eg);
}

/* x of the sum between n and p, so that r is x - n: one in 2^130 of random signatures. */
static void x_above_the_order_agrees(void **state)
{
    BIGNUM *x = BN_dup(EC_GROUP_get0_order(group)), *r = BN_new(), *s = BN_new(), *e = BN_new();
    EC_POINT *point = EC_POINT_new(group);
    uint8_t key[64], digest[32], signature[64];
    int found = 0;

    (void)state;
    for (unsigned i = 1; found < 4; i++) {
        assert_true(BN_add_word(x, 1) == 1);
        if (EC_POINT_set_compressed_coordinates(group, point, x, (int)(i & 1), ctx) != 1)
            continue;
        found++;
        bytes_fill(digest, sizeof(digest));
        digest[0] &= 0x7f;
        BN_set_word(r, i);
        BN_set_word(s, 1234567 + i);
        assert_non_null(BN_bin2bn(digest, sizeof(digest), e));
        key_for(point, r, s, e, key);
        assert_int_equal(BN_bn2binpad(r, signature, 32), 32);
        assert_int_equal(BN_bn2binpad(s, signature + 32, 32), 32);
        assert_int_equal(agree(key, digest, signature), P256_VALID);
        signature[31] ^= 1;
        assert_int_equal(agree(key, digest, signature), P256_INVALID);
    }
    BN_free(x);
    BN_free(r);
    BN_free(s);
    BN_free(e);
    EC_POINT_free(point);
}

static void keys_off_the_curve_are_refused(void **state)
{
    uint8_t private[EC_PRIVATE_SIZE] = {[31] = 9}, key[64], all[64];
    struct p256_comb comb;
    struct ec_key *ec;

    (void)state;
    assert_int_equal(ec_key_from_private(private, &ec, NULL), 0);
    memcpy(key, ec_key_public(ec), sizeof(key));
    assert_true(p256_comb_init(&comb, key));
    for (size_t bit = 0; bit < 512; bit += 7) {
        key[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(p256_comb_init(&comb, key));
        key[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    memset(all, 0, sizeof(all));
    assert_false(p256_comb_init(&comb, all));
    memset(all, 0xff, sizeof(all));
    assert_false(p256_comb_init(&comb, all));
    number_load(scalars[8], key); /* x = p is no field element, though x = 0 is one */
    assert_false(p256_comb_init(&comb, key));
    ec_key_free(ec);
}

/* Multiplication and inversion modulo n against OpenSSL's numbers. */
static void scalars_agree(void **state)
{
    BIGNUM *a = BN_new(), *b = BN_new();
    const BIGNUM *n = EC_GROUP_get0_order(group);

    (void)state;
    for (int i = 0; i < 500; i++) {
        uint8_t x[32], y[32], expected[32];
        struct p256_scalar u, v, w;

        bytes_fill(x, sizeof(x));
        bytes_fill(y, sizeof(y));
        if (i % 3 == 0)
            memset(x, 0xff, 16);
        if (i % 5 == 0)
            memset(y + 4, 0, 24);
        p256_scalar_reduce_bytes(&u, x);
        p256_scalar_reduce_bytes(&v, y);
        assert_non_null(BN_bin2bn(x, 32, a));
        assert_non_null(BN_bin2bn(y, 32, b));
        assert_int_equal(BN_mod_mul(b, a, b, n, ctx), 1);
        assert_int_equal(BN_bn2binpad(b, expected, 32), 32);
        p256_scalar_mul(&w, &u, &v);
        p256_scalar_reduce_bytes(&v, expected);
        assert_memory_equal(&w, &v, sizeof(w));
        assert_non_null(BN_mod_inverse(b, a, n, ctx));
        assert_int_equal(BN_bn2binpad(b, expected, 32), 32);
        p256_scalar_invert(&w, &u);
        p256_scalar_reduce_bytes(&v, expected);
        assert_memory_equal(&w, &v, sizeof(w));
    }
    BN_free(a);
    BN_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_signatures_agree),
        cmocka_unit_test(edges_agree),
        cmocka_unit_test(x_above_the_order_agrees),
        cmocka_unit_test(keys_off_the_curve_are_refused),
        cmocka_unit_test(scalars_agree),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
