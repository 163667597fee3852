/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "codec/der.h"
#include "codec/der_writer.h"

static struct buf out;
static struct der_writer w;

static int setup(void **state)
{
    (void)state;
    out = buf_init(256 * 1024);
    w = der_writer_of(&out);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_done(&out);
    return 0;
}

static void bytes_assert(const char *expected, size_t size)
{
    assert_int_equal(out.len, size);
    assert_memory_equal(out.data, expected, size);
    buf_clear(&out);
}
#define IS(literal) bytes_assert(literal, sizeof(literal) - 1)

static void numbers_are_minimal(void **state)
{
    (void)state;
    der_writer_put_number(&w, DER_INTEGER, 0);
    IS("\x02\x01\x00");
    der_writer_put_number(&w, DER_INTEGER, 127);
    IS("\x02\x01\x7f");
    der_writer_put_number(&w, DER_INTEGER, 128);
    IS("\x02\x02\x00\x80");
    der_writer_put_number(&w, DER_ENUMERATED, 0x12345678);
    IS("\x0a\x04\x12\x34\x56\x78");
    der_writer_put_unsigned(&w, span_of("\0\0\xff\x01", 4));
    IS("\x02\x03\x00\xff\x01");
    der_writer_put_unsigned(&w, span_of("\0\0", 2));
    IS("\x02\x01\x00");
    der_writer_put_unsigned(&w, span_of("", 0));
    IS("\x02\x01\x00");
}

static void nesting_writes_short_and_long_lengths(void **state)
{
    static const size_t sizes[] = {0, 1, 0x7f, 0x80, 0xff, 0x100, 0xfff0};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct der outer, inner;
        struct span content;

        der_writer_begin(&w, DER_SEQUENCE);
        der_writer_begin(&w, DER_OCTET_STRING);
        buf_put_zero(&out, sizes[i]);
        der_writer_end(&w);
        der_writer_put_boolean(&w, true);
        der_writer_end(&w);
        outer = der_of(buf_span(&out));
        inner = der_enter(&outer, DER_SEQUENCE);
        content = der_read(&inner, DER_OCTET_STRING);
        assert_int_equal(content.len, sizes[i]);
        assert_true(der_boolean(&inner));
        assert_true(der_ok(&inner) && der_ok(&outer));
        buf_clear(&out);
    }
}

static void times_change_form_in_2050(void **state)
{
    (void)state;
    der_writer_put_time(&w, clock_civil(2049, 12, 31, 23, 59, 59));
    IS("\x17\x0d"
       "491231235959Z");
    der_writer_put_time(&w, clock_civil(2050, 1, 1, 0, 0, 0));
    IS("\x18\x0f"
       "20500101000000Z");
}

static void bits_and_whole_elements(void **state)
{
    (void)state;
    der_writer_put_bits(&w, span_of("\x06", 1), 1);
    IS("\x03\x02\x01\x06");
    der_writer_put_raw(&w, span_of("\x05\x00", 2));
    der_writer_put_oid(&w, span_of("\x55\x04\x03", 3));
    IS("\x05\x00\x06\x03\x55\x04\x03");
}

static void a_full_buffer_latches(void **state)
{
    struct buf small = buf_init(4);
    struct der_writer s = der_writer_of(&small);

    (void)state;
    der_writer_begin(&s, DER_SEQUENCE);
    der_writer_put(&s, DER_OCTET_STRING, span_of("abc", 3));
    der_writer_end(&s);
    assert_true(buf_status(&small) < 0);
    buf_done(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(numbers_are_minimal, setup, teardown),
        cmocka_unit_test_setup_teardown(nesting_writes_short_and_long_lengths, setup, teardown),
        cmocka_unit_test_setup_teardown(times_change_form_in_2050, setup, teardown),
        cmocka_unit_test_setup_teardown(bits_and_whole_elements, setup, teardown),
        cmocka_unit_test(a_full_buffer_latches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
