/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "codec/der.h"

#define DER(text) der_of(span_of(text, sizeof(text) - 1))

static void lengths_are_minimal(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool is_good;
    } rows[] = {
        {"\x04\x00", 2, true},
        {"\x04\x01x", 3, true},
        {"\x04\x02x", 3, false},     /* longer than what is there */
        {"\x04\x81\x01x", 4, false}, /* long form for a short length */
        {"\x04\x82\x00\x01x", 5, false},
        {"\x04\x80x\x00\x00", 5, false}, /* indefinite */
        {"\x04\x85\x00\x00\x00\x00\x01x", 8, false},
        {"\x04\xff", 2, false},
        {"\x04", 1, false},
        {"\x1f\x81\x01\x00", 4, false}, /* tag of more than a byte */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct der d = der_of(span_of(rows[i].bytes, rows[i].len));

        der_any(&d, NULL, NULL);
        assert_int_equal(der_ok(&d), rows[i].is_good);
    }
}

static void long_lengths_work(void **state)
{
    uint8_t bytes[4 + 300] = {0x04, 0x82, 0x01, 0x2c};
    struct der d = der_of(span_of(bytes, sizeof(bytes)));
    struct span whole;

    (void)state;
    assert_int_equal(der_any(&d, NULL, &whole).len, 300);
    assert_int_equal(whole.len, 304);
    assert_true(der_ok(&d));
}

static void integers_are_minimal_and_not_negative(void **state)
{
    struct der d = DER("\x02\x02\x00\x80");

    (void)state;
    assert_int_equal(der_unsigned(&d, 20).len, 1);
    d = DER("\x02\x01\x80");
    der_unsigned(&d, 20);
    assert_false(der_ok(&d));
    d = DER("\x02\x02\x00\x7f");
    der_unsigned(&d, 20);
    assert_false(der_ok(&d));
    d = DER("\x02\x00");
    der_unsigned(&d, 20);
    assert_false(der_ok(&d));
    d = DER("\x02\x03\x01\x00\x00");
    der_unsigned(&d, 2);
    assert_false(der_ok(&d));
}

static void small_numbers_are_bounded(void **state)
{
    struct der d = DER("\x02\x01\x07\x0a\x01\x02");

    (void)state;
    assert_int_equal(der_small(&d, DER_INTEGER, 7), 7);
    assert_int_equal(der_small(&d, DER_ENUMERATED, 2), 2);
    assert_true(der_ok(&d));
    d = DER("\x02\x02\x01\x00");
    assert_int_equal(der_small(&d, DER_INTEGER, 255), 0);
    assert_false(der_ok(&d));
    d = DER("\x02\x05\x00\xff\xff\xff\xff");
    assert_true(der_small(&d, DER_INTEGER, UINT32_MAX) == UINT32_MAX);
    d = DER("\x02\x05\x01\x00\x00\x00\x00");
    der_small(&d, DER_INTEGER, UINT32_MAX);
    assert_false(der_ok(&d));
}

static void nested_readers_latch(void **state)
{
    struct der d = DER("\x30\x05\x02\x01\x01\x05\x00"), inner = der_enter(&d, DER_SEQUENCE);

    (void)state;
    assert_int_equal(der_small(&inner, DER_INTEGER, 9), 1);
    der_leave(&d, &inner);
    assert_false(der_ok(&d)); /* the NULL was not read */
    assert_int_equal(der_read(&d, DER_NULL).len, 0);
}

static void booleans_and_bits(void **state)
{
    struct der d = DER("\x01\x01\xff\x01\x01\x00\x03\x02\x00\xaa");

    (void)state;
    assert_true(der_boolean(&d));
    assert_false(der_boolean(&d));
    assert_int_equal(der_bits(&d).data[0], 0xaa);
    assert_true(der_ok(&d));
    d = DER("\x01\x01\x01");
    der_boolean(&d);
    assert_false(der_ok(&d));
    d = DER("\x03\x02\x01\xaa");
    der_bits(&d);
    assert_false(der_ok(&d));
}

static void times_follow_the_rfc(void **state)
{
    static const char *const bad[] = {"\x17\x0d"
                                      "251301000000Z",
                                      "\x17\x0d"
                                      "250229000000Z",
                                      "\x17\x0d"
                                      "250101240000Z",
                                      "\x17\x0d"
                                      "250101006000Z",
                                      "\x17\x0d"
                                      "2501010000000",
                                      "\x17\x0d"
                                      "25010100000 Z",
                                      "\x17\x0b"
                                      "2501010000Z",
                                      "\x18\x0d"
                                      "250101000000Z",
                                      "\x17\x11"
                                      "250101000000+0100"};
    struct der d = DER("\x17\x0d"
                       "491231235959Z"
                       "\x17\x0d"
                       "500101000000Z"
                       "\x18\x0f"
                       "20501231235959Z"
                       "\x17\x0d"
                       "240229120000Z");

    (void)state;
    assert_true(der_time(&d) == clock_civil(2049, 12, 31, 23, 59, 59));
    assert_true(der_time(&d) == clock_civil(1950, 1, 1, 0, 0, 0));
    assert_true(der_time(&d) == clock_civil(2050, 12, 31, 23, 59, 59));
    assert_true(der_time(&d) == clock_civil(2024, 2, 29, 12, 0, 0));
    assert_true(der_ok(&d));
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        d = der_of(span_str(bad[i]));
        der_time(&d);
        assert_false(der_ok(&d));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_minimal),
        cmocka_unit_test(long_lengths_work),
        cmocka_unit_test(integers_are_minimal_and_not_negative),
        cmocka_unit_test(small_numbers_are_bounded),
        cmocka_unit_test(nested_readers_latch),
        cmocka_unit_test(booleans_and_bits),
        cmocka_unit_test(times_follow_the_rfc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
