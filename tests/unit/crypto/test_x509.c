/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* A certificate is made here, then read, cut short, and flipped bit by bit. */
#include <errno.h>

#include "codec/pem.h"
#include "crypto/cert_make.h"
#include "crypto/pck_make.h"
#include "crypto/x509.h"
#include "mutate.h"

static struct ec_key *issuer;
static struct p256 *p256;
static struct buf cert_der;

static const struct cert_name issuer_name = {"Test SGX Root CA", "Test"};

static int setup(void **state)
{
    struct cert_spec spec = {
        .subject = {"Test SGX PCK Certificate", "Test"},
        .issuer = issuer_name,
        .serial = {1, 2, 3},
        .not_before = 1700000000,
        .not_after = 1800000000,
        .crl_url = "https://test.invalid/crl",
    };
    struct pck_extension x = {.pcesvn = 13, .comp_svn = {1, 2, 3}, .fmspc = {0, 0x90, 6}};
    struct buf extension = buf_init(4096);
    struct err err = {0};

    (void)state;
    cert_der = buf_init(CERT_SIZE_MAX);
    pck_make_extension(&x, &extension);
    if (ec_key_new(&issuer, &err) < 0 || p256_new(&p256, &err) < 0)
        return -1;
    spec.subject_key = ec_key_public(issuer);
    spec.extension = buf_span(&extension);
    if (cert_make(&spec, issuer, &cert_der, &err) < 0)
        return -1;
    buf_done(&extension);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_done(&cert_der);
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

static void every_prefix_and_bit_of_a_certificate(void **state)
{
    (void)state;
    assert_int_equal(cert_take(buf_span(&cert_der), NULL), 0);
    assert_int_equal(mutate_prefixes(buf_span(&cert_der), cert_take, NULL), 0);
    assert_int_equal(mutate_bits(buf_span(&cert_der), 0, cert_der.len, cert_take, NULL), 0);
}

static void sizes_are_bounded(void **state)
{
    struct err err = {0};
    struct x509 cert;
    uint8_t *big = calloc(1, X509_SIZE_MAX + 1);

    (void)state;
    assert_non_null(big);
    assert_int_equal(x509_parse(span_of(big, X509_SIZE_MAX + 1), &cert, &err), -EMSGSIZE);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_and_bit_of_a_certificate),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(chains_are_bounded),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
