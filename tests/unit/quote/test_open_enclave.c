/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "mutate.h"
#include "quote/open_enclave.h"

static const struct span quote = {(const uint8_t *)"\x03\x00 a quote", 10};

static const uint8_t uuid_sgx[] = {0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14,
                                   0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c};
static const uint8_t uuid_tdx[] = {0x8b, 0xa7, 0x02, 0x86, 0xc1, 0xcf, 0x11, 0xed,
                                   0xaf, 0xa1, 0x02, 0x42, 0xac, 0x12, 0x00, 0x02};

static void report_put(struct buf *out)
{
    buf_put_u32le(out, 1);
    buf_put_u32le(out, 2);
    buf_put_u64le(out, quote.len);
    buf_put(out, quote);
}

static void evidence_put(const uint8_t *uuid, struct buf *out)
{
    buf_put_u32le(out, 3);
    buf_put(out, span_of(uuid, 16));
    buf_put_u32le(out, 0);
    buf_put_u64le(out, quote.len);
    buf_put(out, quote);
}

static void wrappers_come_off(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        CLEANUP(buf_done) struct buf wire = buf_init(256);
        enum quote_wrapping wrapping;

        if (kind == 0)
            report_put(&wire);
        else
            evidence_put(kind == 2 ? uuid_tdx : uuid_sgx, &wire);
        assert_true(span_equal(quote_unwrap(buf_span(&wire), &wrapping), quote));
        assert_int_equal(wrapping, kind == 0 ? QUOTE_WRAPPING_REPORT : QUOTE_WRAPPING_EVIDENCE);
    }
}

static void a_bare_quote_stays(void **state)
{
    enum quote_wrapping wrapping = QUOTE_WRAPPING_REPORT;

    (void)state;
    assert_true(span_equal(quote_unwrap(quote, &wrapping), quote));
    assert_int_equal(wrapping, QUOTE_WRAPPING_NONE);
    assert_string_equal(quote_wrapping_name(wrapping), "none");
}

static int is_wrapped(struct span wire, void *context)
{
    enum quote_wrapping wrapping;

    (void)context;
    quote_unwrap(wire, &wrapping);
    return wrapping == QUOTE_WRAPPING_NONE ? -1 : 0;
}

static void a_header_with_another_size_is_ignored(void **state)
{
    CLEANUP(buf_done) struct buf report = buf_init(256), evidence = buf_init(256);

    (void)state;
    report_put(&report);
    evidence_put(uuid_sgx, &evidence);
    assert_int_equal(mutate_prefixes(buf_span(&report), is_wrapped, NULL), 0);
    assert_int_equal(mutate_prefixes(buf_span(&evidence), is_wrapped, NULL), 0);
    assert_int_equal(mutate_bits(buf_span(&report), 0, 8, is_wrapped, NULL), 0);
    assert_int_equal(mutate_bits(buf_span(&evidence), 0, 20, is_wrapped, NULL), 0);
    report.data[8]++;
    assert_int_equal(is_wrapped(buf_span(&report), NULL), -1);
    memset(evidence.data + 24, 0xff, 8);
    assert_int_equal(is_wrapped(buf_span(&evidence), NULL), -1);
}

/* Bytes after those that the header counts are not part of what it covers. */
static void padding_stays_outside(void **state)
{
    CLEANUP(buf_done) struct buf wire = buf_init(256);
    enum quote_wrapping wrapping;

    (void)state;
    report_put(&wire);
    buf_put_zero(&wire, 70);
    assert_true(span_equal(quote_unwrap(buf_span(&wire), &wrapping), quote));
    assert_int_equal(wrapping, QUOTE_WRAPPING_REPORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrappers_come_off),
        cmocka_unit_test(a_bare_quote_stays),
        cmocka_unit_test(a_header_with_another_size_is_ignored),
        cmocka_unit_test(padding_stays_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
