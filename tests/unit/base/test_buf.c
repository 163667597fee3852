/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void appends_in_order(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(4096);
    static const uint8_t wire[] = {1, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12, 0, 0};

    (void)state;
    buf_put_u8(&b, 1);
    buf_put_u16le(&b, 0x1234);
    buf_put_u32le(&b, 0x12345678);
    buf_put_zero(&b, 2);
    assert_int_equal(buf_status(&b), 0);
    assert_int_equal(b.len, sizeof(wire));
    assert_memory_equal(b.data, wire, sizeof(wire));
}

static void ceiling_latches(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(8);

    (void)state;
    buf_put_str(&b, "12345678");
    assert_int_equal(buf_status(&b), 0);
    buf_put_u8(&b, '9');
    assert_int_equal(buf_status(&b), -EMSGSIZE);
    buf_put(&b, span_of("", 0));
    assert_int_equal(buf_status(&b), -EMSGSIZE);
    assert_string_equal(buf_cstr(&b), "");
    assert_null(buf_take(&b, NULL));
    buf_clear(&b);
    buf_put_str(&b, "ok");
    assert_string_equal(buf_cstr(&b), "ok");
}

static void reserve_overflow_is_refused(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(SIZE_MAX - 1);

    (void)state;
    buf_put_u8(&b, 1);
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_int_equal(buf_status(&b), -EMSGSIZE);
}

static void strangers_text_is_printable(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(64);

    (void)state;
    buf_put_printable(&b, span_of("a ~\x1b[31m\x7f\xc2\x9b\0z", 13));
    assert_string_equal(buf_cstr(&b), "a ~?[31m????z");
}

static void json_strings_are_valid(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"plain", "\"plain\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\x01", "\"\\u000a\\u0001\""},
        {"\xc3\xa9", "\"\xc3\xa9\""},
        {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xf0\x9f\x94\x92", "\"\xf0\x9f\x94\x92\""},
        {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        CLEANUP(buf_done) struct buf b = buf_init(256);

        buf_put_json_string(&b, span_str(rows[i].in));
        assert_string_equal(buf_cstr(&b), rows[i].out);
    }
}

static void take_hands_over(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(100000);
    CLEANUP(freep) uint8_t *bytes = NULL;
    size_t len;

    (void)state;
    for (int i = 0; i < 10000; i++)
        buf_printf(&b, "%d", i % 10);
    bytes = buf_take(&b, &len);
    assert_int_equal(len, 10000);
    assert_int_equal(bytes[len], 0);
    assert_int_equal(bytes[1234], '4');
    assert_int_equal(b.len, 0);
}

static void hex_digits(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(16);

    (void)state;
    buf_put_hex(&b, span_of("\x00\xff\x1a", 3));
    assert_string_equal(buf_cstr(&b), "00ff1a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_in_order),
        cmocka_unit_test(ceiling_latches),
        cmocka_unit_test(reserve_overflow_is_refused),
        cmocka_unit_test(strangers_text_is_printable),
        cmocka_unit_test(json_strings_are_valid),
        cmocka_unit_test(take_hands_over),
        cmocka_unit_test(hex_digits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
