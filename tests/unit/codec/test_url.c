/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/url.h"
#include "mutate.h"

static int decode(struct span text, void *context)
{
    CLEANUP(buf_done) struct buf out = buf_init(64);

    (void)context;
    return url_decode(text, &out);
}

static void escapes_become_bytes(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(64);

    (void)state;
    assert_int_equal(url_decode(span_str("a%20b+%0A%c3%A4%"
                                         "25"),
                                &out),
                     0);
    assert_true(span_equal_str(buf_span(&out), "a b+\n\xc3\xa4%"));
}

static void broken_escapes_are_refused(void **state)
{
    static const char *const bad[] = {"%", "%2", "%2g", "%g0", "abc%", "%%20"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(decode(span_str(bad[i]), NULL), -EBADMSG);
}

static void every_prefix_and_bit_is_survived(void **state)
{
    const struct span text = span_str("-----BEGIN%20CERTIFICATE-----%0A");

    (void)state;
    mutate_prefixes(text, decode, NULL);
    mutate_bits(text, 0, text.len, decode, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_become_bytes),
        cmocka_unit_test(broken_escapes_are_refused),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
