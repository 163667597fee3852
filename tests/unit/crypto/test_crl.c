/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/base64.h"
#include "codec/pem.h"
#include "crypto/cert_make.h"
#include "crypto/crl.h"
#include "mutate.h"

static struct ec_key *issuer;
static struct p256 *p256;
static struct buf crl_der;

static int setup(void **state)
{
    static const uint8_t revoked[3][CERT_SERIAL_SIZE] = {{1, 2}, {0x7f, 9}, {1, 1}};
    struct crl_spec crl = {.issuer = {"Test SGX Root CA", "Test"},
                           .this_update = 1700000000,
                           .next_update = 1702592000,
                           .number = 258,
                           .revoked = revoked,
                           .revoked_count = ARRAY_COUNT(revoked)};

    (void)state;
    crl_der = buf_init(CRL_MADE_SIZE_MAX);
    if (ec_key_new(&issuer, NULL) < 0 || p256_new(&p256, NULL) < 0)
        return -1;
    return cert_make_crl(&crl, issuer, &crl_der, NULL);
}

static int teardown(void **state)
{
    (void)state;
    buf_done(&crl_der);
    ec_key_free(issuer);
    p256_free(p256);
    return 0;
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

static void every_prefix_and_bit_of_a_crl(void **state)
{
    (void)state;
    assert_int_equal(crl_take(buf_span(&crl_der), NULL), 0);
    assert_int_equal(mutate_prefixes(buf_span(&crl_der), crl_take, NULL), 0);
    assert_int_equal(mutate_bits(buf_span(&crl_der), 0, crl_der.len, crl_take, NULL), 0);
}

static void crls_come_in_every_text_form(void **state)
{
    CLEANUP(buf_done) struct buf hex = buf_init(65536), pem = buf_init(65536);
    CLEANUP(buf_done) struct buf lines = buf_init(65536), base64 = buf_init(65536);
    CLEANUP(buf_done) struct buf padded = buf_init(65536);

    (void)state;
    buf_put_hex(&hex, buf_span(&crl_der));
    buf_put_str(&hex, "\n");
    pem_put(&pem, "X509 CRL", buf_span(&crl_der));
    assert_int_equal(crl_take(buf_span(&hex), NULL), 0);
    assert_int_equal(crl_take(buf_span(&pem), NULL), 0);
    for (size_t i = 0; i + 1 < hex.len; i += 64) {
        buf_put(&lines, span_sub(buf_span(&hex), i, MIN(hex.len - 1 - i, (size_t)64)));
        buf_put_str(&lines, "\r\n");
    }
    assert_int_equal(crl_take(buf_span(&lines), NULL), 0);
    base64_put(&base64, buf_span(&crl_der), 0);
    buf_put(&base64, span_of("\n\0", 2));
    assert_int_equal(crl_take(buf_span(&base64), NULL), 0);
    buf_put(&padded, buf_span(&crl_der));
    buf_put(&padded, span_of("\0\n", 2));
    assert_int_equal(crl_take(buf_span(&padded), NULL), 0);
    buf_put_str(&padded, "x");
    assert_int_equal(crl_take(buf_span(&padded), NULL), -EBADMSG);
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
    struct crl crl;
    uint8_t *big = calloc(1, 2 * CRL_SIZE_MAX + 1);

    (void)state;
    assert_non_null(big);
    assert_int_equal(crl_parse(span_of(big, 2 * CRL_SIZE_MAX + 1), &crl, &err), -EMSGSIZE);
    big[0] = 0x30;
    big[1] = 0x83;
    assert_int_equal(crl_parse(span_of(big, CRL_SIZE_MAX + 1), &crl, &err), -EMSGSIZE);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_and_bit_of_a_crl),
        cmocka_unit_test(crls_come_in_every_text_form),
        cmocka_unit_test(crls_are_searched),
        cmocka_unit_test(sizes_are_bounded),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
