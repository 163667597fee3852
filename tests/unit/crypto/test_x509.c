/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Certificates and CRLs made here, then read, cut short, and flipped bit by bit. */
#include <errno.h>

#include "crypto/cert_make.h"
#include "crypto/crl.h"
#include "crypto/hash.h"
#include "crypto/pck_make.h"
#include "crypto/x509.h"
#include "codec/pem.h"
#include "mutate.h"

static struct ec_key *issuer;
static struct p256 *p256;
static struct buf cert_der, crl_der;

static const struct cert_name issuer_name = {"Test SGX Root CA", "Test"};

static int setup(void **state)
{
    static const uint8_t revoked[3][CERT_SERIAL_SIZE] = {{1, 2}, {0x7f, 9}, {1, 1}};
    struct cert_spec spec = {
        .subject = {"Test SGX PCK Certificate", "Test"},
        .issuer = issuer_name,
        .serial = {1, 2, 3},
        .not_before = 1700000000,
        .not_after = 1800000000,
        .crl_url = "https://test.invalid/crl",
    };
    struct crl_spec crl = {.issuer = issuer_name,
                           .this_update = 1700000000,
                           .next_update = 1702592000,
                           .number = 258,
                           .revoked = revoked,
                           .revoked_count = ARRAY_COUNT(revoked)};
    struct pck_extension x = {.pcesvn = 13, .comp_svn = {1, 2, 3}, .fmspc = {0, 0x90, 6}};
    struct buf extension = buf_init(4096);
    struct err err = {0};

    (void)state;
    cert_der = buf_init(CERT_SIZE_MAX);
    crl_der = buf_init(CRL_MADE_SIZE_MAX);
    pck_extension_put(&x, &extension);
    if (ec_key_new(&issuer, &err) < 0 || p256_new(&p256, &err) < 0)
        return -1;
    spec.subject_key = ec_key_public(issuer);
    spec.extension = buf_span(&extension);
    if (cert_make(&spec, issuer, &cert_der, &err) < 0 || crl_make(&crl, issuer, &crl_der, &err) < 0)
        return -1;
    buf_done(&extension);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_done(&cert_der);
    buf_done(&crl_der);
    ec_key_free(issuer);
    p256_free(p256);
    return 0;
}

/* Taken only when it parses, its SGX extension too, and the issuer's signature holds. */
static int cert_take(struct span wire, void *context)
{
    struct pck_extension x;
    struct err err = {0};
    struct x509 cert;
    int r = x509_parse(wire, &cert, &err);

    (void)context;
    if (r == 0)
        r = pck_extension_parse(cert.sgx, &x, &err);
    if (r < 0)
        return r;
    return x509_is_signed_by(&cert, ec_key_public(issuer), p256) == P256_VALID ? 0 : -EBADMSG;
}

static int crl_take(struct span wire, void *context)
{
    struct err err = {0};
    struct crl crl;
    int r = crl_parse(wire, &crl, &err);

    (void)context;
    if (r < 0)
        return r;
    r = crl_is_signed_by(&crl, ec_key_public(issuer), p256) == P256_VALID ? 0 : -EBADMSG;
    crl_done(&crl);
    return r;
}

static void every_prefix_and_bit_of_a_certificate(void **state)
{
    (void)state;
    assert_int_equal(cert_take(buf_span(&cert_der), NULL), 0);
    assert_int_equal(mutate_prefixes(buf_span(&cert_der), cert_take, NULL), 0);
    assert_int_equal(mutate_bits(buf_span(&cert_der), 0, cert_der.len, cert_take, NULL), 0);
}

static void every_prefix_and_bit_of_a_crl(void **state)
{
    (void)state;
    assert_int_equal(crl_take(buf_span(&crl_der), NULL), 0);
    assert_int_equal(mutate_prefixes(buf_span(&crl_der), crl_take, NULL), 0);
    assert_int_equal(mutate_bits(buf_span(&crl_der), 0, crl_der.len, crl_take, NULL), 0);
}

static void crls_come_in_three_forms(void **state)
{
    CLEANUP(buf_done) struct buf hex = buf_init(65536), pem = buf_init(65536);

    (void)state;
    buf_put_hex(&hex, buf_span(&crl_der));
    buf_put_str(&hex, "\n");
    pem_put(&pem, "X509 CRL", buf_span(&crl_der));
    assert_int_equal(crl_take(buf_span(&hex), NULL), 0);
    assert_int_equal(crl_take(buf_span(&pem), NULL), 0);
    assert_int_equal(crl_take(span_str("hello"), NULL), -EBADMSG);
    assert_int_equal(crl_take(span_str(""), NULL), -EBADMSG);
}

static void crls_are_searched(void **state)
{
    static const uint8_t on[CERT_SERIAL_SIZE] = {1, 1}, off[CERT_SERIAL_SIZE] = {1, 3};
    struct err err = {0};
    struct crl crl;

    (void)state;
    assert_int_equal(crl_parse(buf_span(&crl_der), &crl, &err), 0);
    assert_int_equal(crl.count, 3);
    assert_int_equal(crl.number, 258);
    assert_true(crl.this_update == 1700000000 && crl.next_update == 1702592000);
    assert_true(crl_lists(&crl, span_of(on, sizeof(on))));
    assert_false(crl_lists(&crl, span_of(off, sizeof(off))));
    assert_false(crl_lists(&crl, span_of(on, sizeof(on) - 1)));
    assert_false(crl_lists(&crl, span_of(NULL, 0)));
    crl_done(&crl);
}

static void sizes_are_bounded(void **state)
{
    struct err err = {0};
    struct x509 cert;
    struct crl crl;
    uint8_t *big = calloc(1, 2 * CRL_SIZE_MAX + 1);

    (void)state;
    assert_non_null(big);
    assert_int_equal(x509_parse(span_of(big, X509_SIZE_MAX + 1), &cert, &err), -EMSGSIZE);
    assert_int_equal(crl_parse(span_of(big, 2 * CRL_SIZE_MAX + 1), &crl, &err), -EMSGSIZE);
    big[0] = 0x30;
    big[1] = 0x83;
    assert_int_equal(crl_parse(span_of(big, CRL_SIZE_MAX + 1), &crl, &err), -EMSGSIZE);
    free(big);
}

static void chains_are_bounded(void **state)
{
    CLEANUP(buf_done) struct buf pem = buf_init(65536);
    struct x509_chain chain = {0};
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < X509_CHAIN_MAX; i++)
        pem_put(&pem, "CERTIFICATE", buf_span(&cert_der));
    assert_int_equal(x509_chain_parse(buf_span(&pem), &chain, &err), 0);
    assert_int_equal(chain.count, X509_CHAIN_MAX);
    assert_true(span_equal(chain.cert[X509_CHAIN_MAX - 1].der, buf_span(&cert_der)));
    x509_chain_done(&chain);
    pem_put(&pem, "CERTIFICATE", buf_span(&cert_der));
    assert_int_equal(x509_chain_parse(buf_span(&pem), &chain, &err), -EMSGSIZE);
    x509_chain_done(&chain);
    assert_int_equal(x509_chain_parse(span_str("no pem"), &chain, &err), -EBADMSG);
    x509_chain_done(&chain);
}

/* Public keys that are no points, and signatures out of range, are invalid and no accident. */
static void p256_refuses_nonsense(void **state)
{
    uint8_t digest[32] = {1}, signature[EC_SIGNATURE_SIZE], key[P256_KEY_SIZE];
    uint8_t zero[64] = {0}, ones[64];
    struct err err = {0};

    (void)state;
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

/* FIPS 180-4 */
static void sha256_is_the_standard(void **state)
{
    static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                  0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                  0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    uint8_t hash[SHA256_SIZE];

    (void)state;
    sha256_of(span_str("abc"), hash);
    assert_memory_equal(hash, abc, sizeof(abc));
    sha256_of_two(span_str("a"), span_str("bc"), hash);
    assert_memory_equal(hash, abc, sizeof(abc));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_and_bit_of_a_certificate),
        cmocka_unit_test(every_prefix_and_bit_of_a_crl),
        cmocka_unit_test(crls_come_in_three_forms),
        cmocka_unit_test(crls_are_searched),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(chains_are_bounded),
        cmocka_unit_test(p256_refuses_nonsense),
        cmocka_unit_test(sha256_is_the_standard),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
