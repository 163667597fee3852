/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <assert.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/macros.h"
#include "crypto_bare/rsa3072.h"

/* signature and quotients by OpenSSL, an independent implementation */
struct fixture {
    uint8_t modulus[RSA3072_SIZE], signature[RSA3072_SIZE], q1[RSA3072_SIZE], q2[RSA3072_SIZE];
    uint8_t digest[SHA256_SIZE];
};
static struct fixture fixture;

static EVP_PKEY *key_make(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *three = BN_new();
    EVP_PKEY *key = NULL;

    assert(ctx && three && BN_set_word(three, 3));
    if (EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 3072) != 1 ||
        EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, three) != 1 || EVP_PKEY_keygen(ctx, &key) != 1)
        key = NULL;
    BN_free(three);
    EVP_PKEY_CTX_free(ctx);
    assert(key);
    return key;
}

static BIGNUM *signature_make(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    uint8_t wire[RSA3072_SIZE];
    size_t len = sizeof(wire);

    if (EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 ||
        EVP_PKEY_sign(ctx, wire, &len, fixture.digest, SHA256_SIZE) != 1)
        assert(false && "signature");
    EVP_PKEY_CTX_free(ctx);
    return BN_bin2bn(wire, (int)len, NULL);
}

static void quotients_make(const BIGNUM *n, const BIGNUM *s)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *product = BN_new(), *q = BN_new(), *rest = BN_new();
    int ok = BN_sqr(product, s, ctx) && BN_div(q, rest, product, n, ctx) &&
             BN_bn2lebinpad(q, fixture.q1, RSA3072_SIZE) > 0 && BN_mul(product, rest, s, ctx) &&
             BN_div(q, rest, product, n, ctx) && BN_bn2lebinpad(q, fixture.q2, RSA3072_SIZE) > 0;

    assert(ok);
    BN_free(product);
    BN_free(q);
    BN_free(rest);
    BN_CTX_free(ctx);
}

static int fixture_make(void **state)
{
    EVP_PKEY *key = key_make();
    BIGNUM *n = NULL, *s;

    (void)state;
    memset(fixture.digest, 0x42, sizeof(fixture.digest));
    s = signature_make(key);
    if (EVP_PKEY_get_bn_param(key, "n", &n) != 1)
        assert(false && "modulus");
    assert(BN_bn2lebinpad(n, fixture.modulus, RSA3072_SIZE) > 0);
    assert(BN_bn2lebinpad(s, fixture.signature, RSA3072_SIZE) > 0);
    quotients_make(n, s);
    BN_free(n);
    BN_free(s);
    EVP_PKEY_free(key);
    return 0;
}

static bool verify(const struct fixture *f)
{
    const struct rsa3072_signature s = {f->modulus, f->signature, f->q1, f->q2};

    return rsa3072_verify(&s, f->digest);
}

static void accepts(void **state)
{
    (void)state;
    assert_true(verify(&fixture));
}

static void quotients(void **state)
{
    uint8_t q1[RSA3072_SIZE], q2[RSA3072_SIZE];

    (void)state;
    assert_true(rsa3072_quotients(fixture.modulus, fixture.signature, q1, q2));
    assert_memory_equal(q1, fixture.q1, sizeof(q1));
    assert_memory_equal(q2, fixture.q2, sizeof(q2));
    assert_false(rsa3072_quotients(fixture.modulus, fixture.modulus, q1, q2));
    memset(q1, 0, sizeof(q1));
    assert_false(rsa3072_quotients(q1, fixture.signature, q1, q2));
}

/* every flipped bit is refused, in the quotients too */
static void refuses_every_byte(void **state)
{
    struct fixture f = fixture;
    uint8_t *wire = (uint8_t *)&f;

    (void)state;
    for (size_t i = 0; i < sizeof(f); i++) {
        wire[i] ^= (uint8_t)(1U << i % 8);
        assert_false(verify(&f));
        wire[i] ^= (uint8_t)(1U << i % 8);
    }
    assert_true(verify(&f));
}

/* S + N has the same residue; a verifier without a range check accepts it */
static void refuses_signature_above_modulus(void **state)
{
    struct fixture f = fixture;
    unsigned carry = 0;

    (void)state;
    for (size_t i = 0; i < RSA3072_SIZE; i++) {
        unsigned sum = (unsigned)f.signature[i] + f.modulus[i] + carry;

        f.signature[i] = (uint8_t)sum;
        carry = sum >> 8;
    }
    assert_false(verify(&f));
    memset(&f, 0, sizeof(f));
    assert_false(verify(&f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts),
        cmocka_unit_test(quotients),
        cmocka_unit_test(refuses_every_byte),
        cmocka_unit_test(refuses_signature_above_modulus),
    };

    return cmocka_run_group_tests(tests, fixture_make, NULL);
}
