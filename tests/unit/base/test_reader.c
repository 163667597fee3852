/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/reader.h"

static void reads_each_width(void **state)
{
    static const uint8_t wire[] = {1, 2, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 7, 8};
    struct reader r = reader_of(span_of(wire, sizeof(wire)));

    (void)state;
    assert_int_equal(reader_u8(&r), 1);
    assert_int_equal(reader_u16le(&r), 2);
    assert_int_equal(reader_u32le(&r), 3);
    assert_int_equal(reader_u64le(&r), 4);
    assert_int_equal(r.offset, 15);
    assert_int_equal(reader_bytes(&r, 2).data[1], 8);
    assert_true(reader_ok(&r));
    assert_int_equal(r.rest.len, 0);
}

static void failure_latches_and_reads_zero(void **state)
{
    static const uint8_t wire[] = {0xff, 0xff, 0xff};
    struct reader r = reader_of(span_of(wire, sizeof(wire)));
    uint8_t four[4] = {1, 1, 1, 1};

    (void)state;
    reader_copy(&r, four, 4);
    assert_int_equal(four[0] | four[3], 0);
    assert_false(reader_ok(&r));
    assert_int_equal(reader_u8(&r), 0);
    assert_int_equal(reader_bytes(&r, 0).len, 0);
    assert_false(reader_ok(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_width),
        cmocka_unit_test(failure_latches_and_reads_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
