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

#include "sgx/einit.h"

static EVP_PKEY *key;
static uint8_t modulus[RSA3072_SIZE];

static int key_make(void **state)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *three = BN_new(), *n = NULL;

    (void)state;
    assert(ctx && three && BN_set_word(three, 3));
    if (EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 3072) != 1 ||
        EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, three) != 1 || EVP_PKEY_keygen(ctx, &key) != 1 ||
        EVP_PKEY_get_bn_param(key, "n", &n) != 1 || BN_bn2lebinpad(n, modulus, sizeof(modulus)) < 0)
        return -1;
    BN_free(n);
    BN_free(three);
    EVP_PKEY_CTX_free(ctx);
    return 0;
}

static int key_free(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

static void sign(struct sgx_sigstruct *s, uint8_t wire[static SGX_SIGSTRUCT_SIZE])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    uint8_t digest[SHA256_SIZE], big_endian[RSA3072_SIZE];
    size_t len = sizeof(big_endian);

    sgx_sigstruct_render(s, wire);
    sgx_sigstruct_digest(wire, digest);
    if (EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 ||
        EVP_PKEY_sign(ctx, big_endian, &len, digest, sizeof(digest)) != 1)
        assert(false && "signature");
    EVP_PKEY_CTX_free(ctx);
    for (size_t i = 0; i < RSA3072_SIZE; i++)
        s->signature[i] = big_endian[RSA3072_SIZE - 1 - i];
    assert(rsa3072_quotients(s->modulus, s->signature, s->q1, s->q2));
    sgx_sigstruct_render(s, wire);
}

static struct sgx_sigstruct valid_sigstruct(void)
{
    struct sgx_sigstruct s;

    memset(&s, 0, sizeof(s));
    s.exponent = 3;
    s.date = 0x20261124;
    s.attributes = (struct sgx_attributes){.flags = SGX_ATTRIBUTE_MODE64BIT, .xfrm = 3};
    s.attribute_mask = (struct sgx_attributes){.flags = ~SGX_ATTRIBUTE_DEBUG, .xfrm = 3};
    s.misc_mask = UINT32_MAX;
    s.isv_prod_id = 0x1234;
    s.isv_svn = 0x5678;
    memset(s.enclave_hash, 0xee, sizeof(s.enclave_hash));
    memcpy(s.modulus, modulus, sizeof(s.modulus));
    return s;
}

static struct sgx_secs valid_secs(void)
{
    return (struct sgx_secs){
        .size = 0x10000,
        .attributes = {.flags = SGX_ATTRIBUTE_MODE64BIT, .xfrm = 7},
    };
}

static void expect_einit(struct sgx_sigstruct s, struct sgx_secs secs, enum sgx_status status)
{
    const struct sgx_secs before = secs;
    uint8_t wire[SGX_SIGSTRUCT_SIZE];
    uint8_t mrenclave[SGX_HASH_SIZE];

    memset(mrenclave, 0xee, sizeof(mrenclave));
    sign(&s, wire);
    assert_int_equal(sgx_einit(&secs, mrenclave, wire, NULL), status);
    if (status != SGX_SUCCESS)
        assert_memory_equal(&before, &secs, sizeof(secs));
}

static void takes_over_the_identity(void **state)
{
    struct sgx_sigstruct s = valid_sigstruct();
    struct sgx_secs secs = valid_secs();
    uint8_t wire[SGX_SIGSTRUCT_SIZE], mrsigner[SGX_HASH_SIZE];

    (void)state;
    sign(&s, wire);
    assert_int_equal(sgx_einit(&secs, s.enclave_hash, wire, NULL), SGX_SUCCESS);
    sha256(modulus, sizeof(modulus), mrsigner);
    assert_memory_equal(secs.mrsigner, mrsigner, sizeof(mrsigner));
    assert_memory_equal(secs.mrenclave, s.enclave_hash, SGX_HASH_SIZE);
    assert_int_equal(secs.isv_prod_id, 0x1234);
    assert_int_equal(secs.isv_svn, 0x5678);
    assert_true(secs.attributes.flags == (SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_MODE64BIT));
}

static void launch_control(void **state)
{
    struct sgx_sigstruct s = valid_sigstruct();
    struct sgx_secs secs = valid_secs();
    uint8_t wire[SGX_SIGSTRUCT_SIZE], launch[SGX_HASH_SIZE];

    (void)state;
    sign(&s, wire);
    sha256(modulus, sizeof(modulus), launch);
    launch[0] ^= 1;
    assert_int_equal(sgx_einit(&secs, s.enclave_hash, wire, launch), SGX_INVALID_EINITTOKEN);
    launch[0] ^= 1;
    assert_int_equal(sgx_einit(&secs, s.enclave_hash, wire, launch), SGX_SUCCESS);
}

static void invalid_sig_struct(void **state)
{
    static const size_t constants[] = {0,   11,  12,  17,  24,   39,   44,
                                       127, 512, 910, 992, 1007, 1028, 1039};
    struct sgx_sigstruct s = valid_sigstruct();
    struct sgx_secs secs = valid_secs();
    uint8_t wire[SGX_SIGSTRUCT_SIZE];

    (void)state;
    sign(&s, wire);
    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
        wire[constants[i]] ^= 0x10;
        assert_int_equal(sgx_einit(&secs, s.enclave_hash, wire, NULL), SGX_INVALID_SIG_STRUCT);
        wire[constants[i]] ^= 0x10;
    }
    s.vendor = 1;
    expect_einit(s, secs, SGX_INVALID_SIG_STRUCT);
    s.vendor = SGX_VENDOR_INTEL;
    expect_einit(s, secs, SGX_SUCCESS);
}

/* a change of any byte of SIGSTRUCT is refused by one of the first two checks */
static void every_byte_counts(void **state)
{
    struct sgx_sigstruct s = valid_sigstruct();
    uint8_t wire[SGX_SIGSTRUCT_SIZE];

    (void)state;
    sign(&s, wire);
    for (size_t i = 0; i < sizeof(wire); i++) {
        struct sgx_secs secs = valid_secs();
        enum sgx_status status;

        wire[i] ^= (uint8_t)(1U << i % 8);
        status = sgx_einit(&secs, s.enclave_hash, wire, NULL);
        assert_true(status == SGX_INVALID_SIG_STRUCT || status == SGX_INVALID_SIGNATURE);
        wire[i] ^= (uint8_t)(1U << i % 8);
    }
}

static void invalid_measurement(void **state)
{
    struct sgx_sigstruct s = valid_sigstruct();

    (void)state;
    s.enclave_hash[31] ^= 1;
    expect_einit(s, valid_secs(), SGX_INVALID_MEASUREMENT);
}

static void invalid_attribute(void **state)
{
    struct sgx_secs secs = valid_secs();
    struct sgx_sigstruct s = valid_sigstruct();

    (void)state;
    secs.attributes.flags |= SGX_ATTRIBUTE_DEBUG; /* masked out: may differ */
    expect_einit(s, secs, SGX_SUCCESS);
    s.attribute_mask.flags = UINT64_MAX;
    expect_einit(s, secs, SGX_INVALID_ATTRIBUTE);
    s = valid_sigstruct();
    secs = valid_secs();
    s.attribute_mask.xfrm = 7;
    expect_einit(s, secs, SGX_INVALID_ATTRIBUTE);
    s = valid_sigstruct();
    secs.miscselect = 1;
    expect_einit(s, secs, SGX_INVALID_ATTRIBUTE);
    s.misc_mask = 0;
    expect_einit(s, secs, SGX_SUCCESS);
    s.cet_attributes = s.cet_mask = 1;
    expect_einit(s, secs, SGX_INVALID_ATTRIBUTE);
}

static void key_separation_fields(void **state)
{
    struct sgx_sigstruct s = valid_sigstruct();
    struct sgx_secs secs = valid_secs();

    (void)state;
    s.isv_family_id[15] = 1;
    expect_einit(s, secs, SGX_INVALID_ATTRIBUTE);
    s = valid_sigstruct();
    s.isv_ext_prod_id[0] = 1;
    expect_einit(s, secs, SGX_INVALID_ATTRIBUTE);
    s.attribute_mask.flags = ~SGX_ATTRIBUTE_KSS;
    secs.attributes.flags |= SGX_ATTRIBUTE_KSS;
    secs.config_svn = 7;
    expect_einit(s, secs, SGX_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_over_the_identity), cmocka_unit_test(launch_control),
        cmocka_unit_test(invalid_sig_struct),      cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(invalid_measurement),     cmocka_unit_test(invalid_attribute),
        cmocka_unit_test(key_separation_fields),
    };

    return cmocka_run_group_tests(tests, key_make, key_free);
}
