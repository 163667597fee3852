/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "mutate.h"
#include "quote/quote.h"

enum {
    MADE_SIZE_MAX = 8192, /* bytes */
};

/* Every byte of a made quote differs from its neighbours, so that a shifted field shows. */
static struct buf quote_made(unsigned version, enum quote_body_type type, struct quote *ret)
{
    static uint8_t bytes[2048];
    struct buf out = buf_init(MADE_SIZE_MAX);
    struct span body;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 31 + i / 251);
    *ret = (struct quote){.header = {.version = (uint16_t)version,
                                     .key_type = QUOTE_KEY_ECDSA_P256,
                                     .tee = type == QUOTE_BODY_SGX ? QUOTE_TEE_SGX : QUOTE_TEE_TDX,
                                     .qe_svn = 7,
                                     .pce_svn = 13},
                          .body_type = type};
    memcpy(ret->header.vendor_id, QUOTE_VENDOR_INTEL, sizeof(QUOTE_VENDOR_INTEL));
    memcpy(ret->header.user_data, bytes + 5, sizeof(ret->header.user_data));
    body = span_of(bytes, quote_body_size(type));
    if (type == QUOTE_BODY_SGX)
        sgx_report_body_parse(body.data, &ret->enclave);
    else
        quote_body_td_parse(body, type, &ret->td);
    sgx_report_body_parse(bytes + 100, &ret->auth.qe);
    ret->auth.signature = span_of(bytes + 1, QUOTE_SIGNATURE_SIZE);
    ret->auth.key = span_of(bytes + 2, QUOTE_KEY_SIZE);
    ret->auth.qe_report_signature = span_of(bytes + 3, QUOTE_SIGNATURE_SIZE);
    ret->auth.qe_auth_data = span_of(bytes + 4, 32);
    ret->auth.outer_cert_type = version >= 4 ? QUOTE_CERT_QE_REPORT : 0;
    ret->auth.cert_type = QUOTE_CERT_PCK_CHAIN;
    ret->auth.cert_data = span_of(bytes + 6, 600);
    quote_render(ret, &out);
    assert_int_equal(buf_status(&out), 0);
    return out;
}

static const struct {
    unsigned version;
    enum quote_body_type type;
    size_t qe_svn_at; /* the QE's ISVSVN in the wire bytes */
} kinds[] = {
    {3, QUOTE_BODY_SGX, 822},      {4, QUOTE_BODY_SGX, 828},   {4, QUOTE_BODY_TD10, 1028},
    {5, QUOTE_BODY_SGX, 834},      {5, QUOTE_BODY_TD10, 1034}, {5, QUOTE_BODY_TD15, 1098},
    {5, QUOTE_BODY_TD15_EX, 1335},
};

static int quote_take(struct span wire, void *context)
{
    CLEANUP(buf_done) struct buf out = buf_init(MADE_SIZE_MAX);
    struct err err = {0};
    struct quote q;
    int r = quote_parse(wire, &q, &err);

    (void)context;
    if (r < 0)
        return r;
    quote_render(&q, &out);
    assert_true(span_equal(buf_span(&out), wire));
    return 0;
}

static void every_kind_reads_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        struct quote made, q;
        struct buf wire = quote_made(kinds[i].version, kinds[i].type, &made);
        const uint8_t *svn = wire.data + kinds[i].qe_svn_at;
        struct err err = {0};

        assert_int_equal(quote_parse(buf_span(&wire), &q, &err), 0);
        assert_int_equal(q.body_type, kinds[i].type);
        assert_int_equal(q.auth.qe.isv_svn, svn[0] | svn[1] << 8);
        assert_int_equal(q.auth.qe.isv_svn, made.auth.qe.isv_svn);
        assert_true(span_equal(q.auth.cert_data, made.auth.cert_data));
        assert_int_equal(q.signed_part.len, (kinds[i].version == 5 ? 54U : 48U) + q.body.len);
        assert_int_equal(quote_take(buf_span(&wire), NULL), 0);
        assert_int_equal(q.trailing.len, 0);
        buf_done(&wire);
    }
}

static void padding_is_tolerated(void **state)
{
    struct quote made, q;
    struct buf wire = quote_made(4, QUOTE_BODY_TD10, &made);

    (void)state;
    buf_put_zero(&wire, 70);
    assert_int_equal(quote_parse(buf_span(&wire), &q, NULL), 0);
    assert_int_equal(q.trailing.len, 70);
    assert_int_equal(quote_take(buf_span(&wire), NULL), 0);
    buf_done(&wire);
}

static void every_prefix_and_bit_is_survived(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        struct quote made;
        struct buf wire = quote_made(kinds[i].version, kinds[i].type, &made);

        assert_int_equal(mutate_prefixes(buf_span(&wire), quote_take, NULL), 0);
        /* A flipped bit is refused or read back as it is: quote_take() compares. */
        mutate_bits(buf_span(&wire), 0, wire.len, quote_take, NULL);
        buf_done(&wire);
    }
}

static void patch_assert(enum quote_body_type type, unsigned version, size_t at, uint8_t value,
                         int expected, const char *word)
{
    struct quote made, q;
    struct buf wire = quote_made(version, type, &made);
    struct err err = {0};

    wire.data[at] = value;
    assert_int_equal(quote_parse(buf_span(&wire), &q, &err), expected);
    assert_non_null(strstr(err.text, word));
    buf_done(&wire);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    patch_assert(QUOTE_BODY_SGX, 3, 0, 2, -EOPNOTSUPP, "version 2");
    patch_assert(QUOTE_BODY_SGX, 3, 0, 6, -EOPNOTSUPP, "version 6");
    patch_assert(QUOTE_BODY_SGX, 3, 2, 3, -EOPNOTSUPP, "key type 3");
    patch_assert(QUOTE_BODY_SGX, 3, 4, 0x81, -EOPNOTSUPP, "tee type");
    patch_assert(QUOTE_BODY_TD10, 4, 4, 0x82, -EOPNOTSUPP, "tee type");
    patch_assert(QUOTE_BODY_TD15, 5, 48, 9, -EOPNOTSUPP, "body type 9");
    patch_assert(QUOTE_BODY_TD15, 5, 48, 2, -EBADMSG, "body size 648");
    patch_assert(QUOTE_BODY_TD15, 5, 4, 0, -EBADMSG, "tee type 0x0");
    patch_assert(QUOTE_BODY_TD15, 5, 50, 0x89, -EBADMSG, "body size");
    patch_assert(QUOTE_BODY_SGX, 3, 435, 0x7f, -EBADMSG, "authentication data");
    patch_assert(QUOTE_BODY_SGX, 4, 564, 5, -EBADMSG, "outer certification data type 5");
}

static void sizes_are_bounded(void **state)
{
    uint8_t *big = calloc(1, QUOTE_SIZE_MAX + 1);
    struct quote q;

    (void)state;
    assert_non_null(big);
    assert_int_equal(quote_parse(span_of(big, QUOTE_SIZE_MAX + 1), &q, NULL), -EMSGSIZE);
    free(big);
}

static void ppid_data_is_read(void **state)
{
    uint8_t data[404];
    struct quote_auth auth = {.cert_type = QUOTE_CERT_PPID_RSA3072,
                              .cert_data = span_of(data, sizeof(data))};
    struct quote_ppid ppid;

    (void)state;
    memset(data, 7, sizeof(data));
    data[400] = 13;
    data[401] = 1;
    assert_int_equal(quote_parse_ppid(&auth, &ppid, NULL), 0);
    assert_int_equal(ppid.ppid.len, 384);
    assert_int_equal(ppid.pcesvn, 269);
    auth.cert_data.len--;
    assert_int_equal(quote_parse_ppid(&auth, &ppid, NULL), -EBADMSG);
    auth.cert_type = QUOTE_CERT_PCK_CHAIN;
    assert_int_equal(quote_parse_ppid(&auth, &ppid, NULL), -EINVAL);
}

static void debug_is_seen(void **state)
{
    struct quote q = {.body_type = QUOTE_BODY_SGX};

    (void)state;
    assert_false(quote_is_debug(&q));
    q.enclave.attributes.flags = SGX_ATTRIBUTE_DEBUG;
    assert_true(quote_is_debug(&q));
    q = (struct quote){.body_type = QUOTE_BODY_TD15};
    q.td.tdattributes[0] = 2;
    assert_false(quote_is_debug(&q));
    q.td.tdattributes[0] = 1;
    assert_true(quote_is_debug(&q));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_reads_back),
        cmocka_unit_test(padding_is_tolerated),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(ppid_data_is_read),
        cmocka_unit_test(debug_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
