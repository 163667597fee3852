/* SPDX-License-Identifier: Apache-2.0 */
/* Keys are made by OpenSSL's library in a directory of the test and opened by path. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/rsa.h"

static char directory[] = "/tmp/coffer-rsa-XXXXXX";
static char path[64];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/key.pem", directory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static void key_write(int bits, unsigned exponent)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
    BIGNUM *e = BN_new();
    EVP_PKEY *key = NULL;
    FILE *file = fopen(path, "w");

    assert_true(ctx && e && file);
    assert_int_equal(BN_set_word(e, exponent), 1);
    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
    assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(fclose(file), 0);
    EVP_PKEY_free(key);
    BN_free(e);
    EVP_PKEY_CTX_free(ctx);
}

static void a_signature_verifies_with_the_modulus(void **state)
{
    uint8_t digest[SHA256_SIZE] = {1, 2, 3}, signature[RSA3072_SIZE];
    uint8_t q1[RSA3072_SIZE], q2[RSA3072_SIZE];
    struct rsa3072_signature s = {.signature = signature, .q1 = q1, .q2 = q2};
    CLEANUP(rsa_signer_freep) struct rsa_signer *signer = NULL;

    (void)state;
    key_write(3072, 3);
    assert_int_equal(rsa_signer_new(path, &signer, NULL), 0);
    assert_int_equal(rsa_signer_sign(signer, digest, signature, NULL), 0);
    assert_true(rsa3072_quotients(rsa_signer_modulus(signer), signature, q1, q2));
    s.modulus = rsa_signer_modulus(signer);
    assert_true(rsa3072_verify(&s, digest));
    digest[0] ^= 1;
    assert_false(rsa3072_verify(&s, digest));
}

static void other_keys_are_refused(void **state)
{
    struct rsa_signer *signer = NULL;
    struct err err = {0};

    (void)state;
    key_write(2048, 3);
    assert_int_equal(rsa_signer_new(path, &signer, &err), -EINVAL);
    assert_non_null(strstr(err.text, "3072"));
    key_write(3072, 65537);
    assert_int_equal(rsa_signer_new(path, &signer, &err), -EINVAL);
    assert_non_null(strstr(err.text, "exponent"));
    assert_int_equal(rsa_signer_new("/nonexistent/key.pem", &signer, &err), -ENOENT);
    assert_null(signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_verifies_with_the_modulus),
        cmocka_unit_test(other_keys_are_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
