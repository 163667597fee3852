/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/cert_make.h"
#include "crypto/crl.h"
#include "crypto/pck_make.h"
#include "crypto/x509.h"

enum {
    NOW_S = 1790000000,
};

static struct ec_key *issuer, *subject;
static struct p256 *p256;
static struct buf out;

static int setup(void **state)
{
    (void)state;
    out = buf_init(64 * 1024);
    return ec_key_new(&issuer, NULL) | ec_key_new(&subject, NULL) | p256_new(&p256, NULL);
}

static int teardown(void **state)
{
    (void)state;
    ec_key_free(issuer);
    ec_key_free(subject);
    p256_free(p256);
    buf_done(&out);
    return 0;
}

static struct cert_spec spec_of(bool is_ca)
{
    return (struct cert_spec){
        .subject = {"A Subject", "An Organisation"},
        .issuer = {"An Issuer", "An Organisation"},
        .subject_key = ec_key_public(subject),
        .serial = {[0] = 0x41, [19] = 7},
        .not_before = NOW_S,
        .not_after = NOW_S + 1000,
        .is_ca = is_ca,
        .path_len = 1,
        .crl_url = "https://example.invalid/crl",
    };
}

static void certificates_read_back(void **state)
{
    struct cert_spec spec = spec_of(true);
    struct x509 cert;

    (void)state;
    assert_int_equal(cert_make(&spec, issuer, &out, NULL), 0);
    assert_int_equal(x509_parse(buf_span(&out), &cert, NULL), 0);
    assert_true(span_equal_str(cert.subject_cn, "A Subject"));
    assert_true(span_equal_str(cert.issuer_cn, "An Issuer"));
    assert_true(span_equal_str(cert.crl_url, "https://example.invalid/crl"));
    assert_true(span_equal(cert.serial, span_of(spec.serial, CERT_SERIAL_SIZE)));
    assert_true(cert.not_before == NOW_S && cert.not_after == NOW_S + 1000);
    assert_memory_equal(cert.key, ec_key_public(subject), EC_PUBLIC_SIZE);
    assert_true(cert.has_basic_constraints && cert.is_ca && cert.has_path_len);
    assert_int_equal(cert.path_len, 1);
    assert_int_equal(cert.key_usage, X509_KEY_CERT_SIGN | X509_CRL_SIGN);
    assert_int_equal(cert.subject_key_id.len, 20);
    assert_int_equal(cert.authority_key_id.len, 20);
    assert_int_equal(x509_is_signed_by(&cert, ec_key_public(issuer), p256), P256_VALID);
    assert_int_equal(x509_is_signed_by(&cert, ec_key_public(subject), p256), P256_INVALID);
}

static void leaves_sign_data_only(void **state)
{
    struct cert_spec spec = spec_of(false);
    struct x509 cert;

    (void)state;
    assert_int_equal(cert_make(&spec, issuer, &out, NULL), 0);
    assert_int_equal(x509_parse(buf_span(&out), &cert, NULL), 0);
    assert_true(cert.has_basic_constraints && !cert.is_ca && !cert.has_path_len);
    assert_int_equal(cert.key_usage, X509_DIGITAL_SIGNATURE | X509_NON_REPUDIATION);
}

/* Bytes that are written into the certificate unchanged come back as the SGX extension. */
static void an_extension_reads_back(void **state)
{
    struct pck_extension x = {.pcesvn = 300}, back = {0};
    CLEANUP(buf_done) struct buf sgx = buf_init(4096);
    struct cert_spec spec = spec_of(false);
    struct x509 cert;

    (void)state;
    buf_clear(&out);
    pck_make_extension(&x, &sgx);
    spec.extension = buf_span(&sgx);
    assert_int_equal(cert_make(&spec, issuer, &out, NULL), 0);
    assert_int_equal(x509_parse(buf_span(&out), &cert, NULL), 0);
    assert_int_equal(pck_extension_parse(cert.sgx, &back, NULL), 0);
    assert_int_equal(back.pcesvn, 300);
}

static void crls_read_back(void **state)
{
    static const uint8_t revoked[2][CERT_SERIAL_SIZE] = {{[0] = 0x41, 1}, {[0] = 0x42, 2}};
    const struct crl_spec spec = {
        .issuer = {"An Issuer", "An Organisation"},
        .this_update = NOW_S,
        .next_update = NOW_S + 500,
        .number = 12345,
        .revoked = revoked,
        .revoked_count = 2,
    };
    struct crl crl;

    (void)state;
    assert_int_equal(cert_make_crl(&spec, issuer, &out, NULL), 0);
    assert_int_equal(crl_parse(buf_span(&out), &crl, NULL), 0);
    assert_true(span_equal_str(crl.issuer_cn, "An Issuer"));
    assert_int_equal(crl.number, 12345);
    assert_true(crl.this_update == NOW_S && crl.next_update == NOW_S + 500);
    assert_true(crl_lists(&crl, span_of(revoked[1], CERT_SERIAL_SIZE)));
    assert_false(crl_lists(&crl, span_str("other")));
    assert_int_equal(crl_is_signed_by(&crl, ec_key_public(issuer), p256), P256_VALID);
    crl_done(&crl);
}

static void an_empty_crl_lists_no_certificate(void **state)
{
    const struct crl_spec spec = {
        .issuer = {"An Issuer", "An Organisation"},
        .this_update = NOW_S,
        .next_update = NOW_S + 500,
    };
    struct crl crl;

    (void)state;
    assert_int_equal(cert_make_crl(&spec, issuer, &out, NULL), 0);
    assert_int_equal(crl_parse(buf_span(&out), &crl, NULL), 0);
    assert_int_equal(crl.count, 0);
    crl_done(&crl);
}

static void a_full_buffer_is_an_error(void **state)
{
    struct buf small = buf_init(100);
    struct cert_spec spec = spec_of(false);

    (void)state;
    assert_int_equal(cert_make(&spec, issuer, &small, NULL), -EMSGSIZE);
    buf_done(&small);
}

static void serials_are_positive_and_differ(void **state)
{
    uint8_t a[CERT_SERIAL_SIZE], b[CERT_SERIAL_SIZE];

    (void)state;
    assert_int_equal(cert_make_serial(a, NULL), 0);
    assert_int_equal(cert_make_serial(b, NULL), 0);
    assert_true(a[0] >= 0x40 && a[0] < 0x80);
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(certificates_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_sign_data_only, setup, teardown),
        cmocka_unit_test_setup_teardown(an_extension_reads_back, setup, teardown),
        cmocka_unit_test_setup_teardown(crls_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_crl_lists_no_certificate, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_buffer_is_an_error, setup, teardown),
        cmocka_unit_test(serials_are_positive_and_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
