/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collateral/served.h"
#include "mutate.h"

enum {
    SIZE_MAX_MADE = 4096,
};

#define CHAIN         "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
#define CHAIN_ENCODED "-----BEGIN%20CERTIFICATE-----%0AAAAA%0A-----END%20CERTIFICATE-----%0A"

static void piece_assert(enum bundle_piece piece, struct span given, const char *expected)
{
    CLEANUP(buf_done) struct buf into = buf_init(SIZE_MAX_MADE);
    struct bundle in = {0}, out;

    in.piece[piece] = given;
    assert_int_equal(served_bundle(&in, &into, &out, NULL), 0);
    if (!span_equal_str(out.piece[piece], expected))
        fail_msg("piece %d: %.*s", (int)piece, (int)out.piece[piece].len, out.piece[piece].data);
}

static void transport_comes_off(void **state)
{
    (void)state;
    piece_assert(BUNDLE_TCB_INFO, span_str("{}"), "{}");
    piece_assert(BUNDLE_TCB_INFO, span_of("{}\0", 3), "{}");
    piece_assert(BUNDLE_TCB_INFO, span_of("{}\n\0\n\0", 6), "{}");
    piece_assert(BUNDLE_QE_IDENTITY, span_str("\xef\xbb\xbf {}\r\n"), "{}");
    piece_assert(BUNDLE_TCB_INFO_SIGNATURE, span_str("ab\n"), "ab");
    piece_assert(BUNDLE_TCB_INFO_CHAIN, span_str(CHAIN_ENCODED), CHAIN);
    piece_assert(BUNDLE_PCK_CRL_CHAIN, span_of(CHAIN "\0", sizeof(CHAIN)),
                 "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----");
    piece_assert(BUNDLE_PCK_CRL_CHAIN, span_str("-----BEGIN%20C%2"), "-----BEGIN%20C%2");
    piece_assert(BUNDLE_ROOT_CA_CRL, span_str("HTTP/1.1 200 OK\r\nA: b\r\n\r\n0x30"), "0x30");
}

static void saved_headers_give_the_chain(void **state)
{
    static const char saved[] = "HTTP/1.1 200 Connection established\r\n\r\n"
                                "HTTP/2 200 \r\ncontent-type: application/json\r\n"
                                "tcb-info-issuer-chain: " CHAIN_ENCODED "\r\n\r\n{\"tcbInfo\":{}}";
    CLEANUP(buf_done) struct buf into = buf_init(SIZE_MAX_MADE);
    struct bundle in = {0}, out;

    (void)state;
    in.piece[BUNDLE_TCB_INFO] = span_str(saved);
    assert_int_equal(served_bundle(&in, &into, &out, NULL), 0);
    assert_true(span_equal_str(out.piece[BUNDLE_TCB_INFO], "{\"tcbInfo\":{}}"));
    assert_true(span_equal_str(out.piece[BUNDLE_TCB_INFO_CHAIN], CHAIN));
    assert_true(span_equal_str(served_body(span_str(saved)), "{\"tcbInfo\":{}}"));
    /* a chain that is there already stays */
    in.piece[BUNDLE_TCB_INFO_CHAIN] = span_str("other");
    assert_int_equal(served_bundle(&in, &into, &out, NULL), 0);
    assert_true(span_equal_str(out.piece[BUNDLE_TCB_INFO_CHAIN], "other"));
    /* the headers alone, as -D writes them, are a chain */
    piece_assert(
        BUNDLE_QE_IDENTITY_CHAIN,
        span_str("HTTP/1.1 200 OK\nSGX-Enclave-Identity-Issuer-Chain: " CHAIN_ENCODED "\n\n"),
        CHAIN);
}

static struct buf flat_make(void)
{
    static const char *const pieces[] = {"crl chain", "root crl",       "pck crl", "tcb chain",
                                         "tcb info",  "identity chain", "identity"};
    struct buf out = buf_init(SIZE_MAX_MADE);

    buf_put_u32le(&out, 3);
    buf_put_u32le(&out, 0x81);
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++) {
        buf_put_u64le(&out, 0x7f0012345678);
        buf_put_u32le(&out, (uint32_t)strlen(pieces[i]));
        buf_put_u32le(&out, 0);
    }
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++)
        buf_put_str(&out, pieces[i]);
    return out;
}

static int flat_take(struct span wire, void *context)
{
    struct bundle b;

    (void)context;
    return served_flat_parse(wire, &b, NULL);
}

static void a_flat_structure_is_cut(void **state)
{
    CLEANUP(buf_done) struct buf flat = flat_make();
    struct bundle b;

    (void)state;
    assert_true(served_is_flat(buf_span(&flat)));
    assert_int_equal(served_flat_parse(buf_span(&flat), &b, NULL), 0);
    assert_true(span_equal_str(b.piece[BUNDLE_PCK_CRL_CHAIN], "crl chain"));
    assert_true(span_equal_str(b.piece[BUNDLE_TCB_INFO], "tcb info"));
    assert_true(span_equal_str(b.piece[BUNDLE_QE_IDENTITY], "identity"));
    assert_int_equal(b.piece[BUNDLE_PCK_CHAIN].len, 0);
    assert_int_equal(mutate_prefixes(buf_span(&flat), flat_take, NULL), 0);
    mutate_bits(buf_span(&flat), 0, flat.len, flat_take, NULL);
    buf_put_str(&flat, "more");
    assert_int_equal(flat_take(buf_span(&flat), NULL), -EBADMSG);
}

static int bundle_take(struct span wire, void *context)
{
    CLEANUP(buf_done) struct buf into = buf_init(SIZE_MAX_MADE);
    struct bundle in, out;

    (void)context;
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        in.piece[i] = wire;
    return served_bundle(&in, &into, &out, NULL);
}

static void every_prefix_and_bit_is_survived(void **state)
{
    const struct span saved =
        span_str("HTTP/1.1 200 OK\r\nX-Issuer-Chain: " CHAIN_ENCODED "\r\n\r\n{}");

    (void)state;
    mutate_prefixes(saved, bundle_take, NULL);
    mutate_bits(saved, 0, saved.len, bundle_take, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transport_comes_off),
        cmocka_unit_test(saved_headers_give_the_chain),
        cmocka_unit_test(a_flat_structure_is_cut),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
