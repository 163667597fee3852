/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/macros.h"
#include "codec/cbor.h"
#include "mutate.h"

#define BYTES(text) span_of(text, sizeof(text) - 1)

/* 60000([h'0102', {"k": [1, -1, true, 1.5]}]), from RFC 8949's rules */
static const struct span sample = {
    (const uint8_t *)"\xd9\xea\x60\x82\x42\x01\x02\xa1\x61k\x84\x01\x20\xf5\xf9\x3e\x00", 17};

static void items_are_read_in_order(void **state)
{
    static const enum cbor_type types[] = {CBOR_TAG,    CBOR_ARRAY,  CBOR_BYTES,    CBOR_MAP,
                                           CBOR_TEXT,   CBOR_ARRAY,  CBOR_UNSIGNED, CBOR_NEGATIVE,
                                           CBOR_SIMPLE, CBOR_SIMPLE, CBOR_NONE};
    struct cbor c = cbor_of(sample);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        struct cbor_item item = cbor_next(&c);

        assert_int_equal(item.type, types[i]);
        if (i == 0)
            assert_int_equal(item.value, 60000);
        if (i == 2)
            assert_true(span_equal(item.string, BYTES("\x01\x02")));
    }
    assert_true(cbor_ok(&c));
    assert_true(cbor_is_whole(sample));
}

static void an_item_is_skipped_whole(void **state)
{
    struct cbor c = cbor_of(BYTES("\x82\x01\xa1\x02\x43xyz\x18\x64"));

    (void)state;
    assert_int_equal(cbor_skip(&c).len, 8);
    assert_int_equal(cbor_next(&c).value, 100);
    assert_true(cbor_ok(&c));
    assert_int_equal(cbor_skip(&c).len, 0);
    assert_true(c.failed);
}

static void bad_encodings_latch(void **state)
{
    const struct span bad[] = {
        BYTES("\x5f\x41\x00\xff"),                         /* indefinite length */
        BYTES("\x1c"),                                     /* reserved argument */
        BYTES("\x42\x00"),                                 /* string longer than the bytes */
        BYTES("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),     /* array of 2^64 - 1 items */
        BYTES("\xbb\x80\x00\x00\x00\x00\x00\x00\x00\x00"), /* map whose doubled count overflows */
        BYTES("\x82\x82\x82\x82\x01"),                     /* items missing */
        BYTES("\x19\x01"),                                 /* half an argument */
        BYTES("\x01\x01"),                                 /* a second item */
        BYTES(""),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_false(cbor_is_whole(bad[i]));
}

static int whole(struct span wire, void *context)
{
    (void)context;
    return cbor_is_whole(wire) ? 0 : -1;
}

static void every_prefix_and_bit_is_survived(void **state)
{
    (void)state;
    assert_int_equal(mutate_prefixes(sample, whole, NULL), 0);
    mutate_bits(sample, 0, sample.len, whole, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_read_in_order),
        cmocka_unit_test(an_item_is_skipped_whole),
        cmocka_unit_test(bad_encodings_latch),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
