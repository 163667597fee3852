/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mutate.h"
#include "quote/open_enclave.h"

static const struct span quote = {(const uint8_t *)"\x03\x00 a quote", 10};

static void both_wrappers_come_off_and_go_on(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        CLEANUP(buf_done) struct buf wire = buf_init(256);
        enum quote_wrapping wrapping;

        if (kind == 0)
            quote_wrap_report(quote, &wire);
        else
            quote_wrap_evidence(quote, kind == 2, &wire);
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

static void a_header_that_lies_is_none(void **state)
{
    CLEANUP(buf_done) struct buf report = buf_init(256), evidence = buf_init(256);

    (void)state;
    quote_wrap_report(quote, &report);
    quote_wrap_evidence(quote, false, &evidence);
    assert_int_equal(mutate_prefixes(buf_span(&report), is_wrapped, NULL), 0);
    assert_int_equal(mutate_prefixes(buf_span(&evidence), is_wrapped, NULL), 0);
    assert_int_equal(mutate_bits(buf_span(&report), 0, 16, is_wrapped, NULL), 0);
    assert_int_equal(mutate_bits(buf_span(&evidence), 0, 20, is_wrapped, NULL), 0);
    assert_int_equal(mutate_bits(buf_span(&evidence), 24, 32, is_wrapped, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_wrappers_come_off_and_go_on),
        cmocka_unit_test(a_bare_quote_stays),
        cmocka_unit_test(a_header_that_lies_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
