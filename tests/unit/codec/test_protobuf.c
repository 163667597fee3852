/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "codec/protobuf.h"
#include "mutate.h"

static int walk(struct span wire, void *context)
{
    struct protobuf_reader r = protobuf_reader_of(wire);
    struct protobuf_field f;
    unsigned *count = context;

    while (protobuf_next(&r, &f))
        *count += f.type == PROTOBUF_BYTES && f.bytes.len > 0 ? f.bytes.data[f.bytes.len - 1] : 1;
    return r.failed ? -EBADMSG : 0;
}

static void fields_are_read_as_written(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(1024);
    struct protobuf_reader r;
    struct protobuf_field f;

    (void)state;
    protobuf_put_varint(&b, 1, 300);
    protobuf_put_str(&b, 2, "name");
    protobuf_put_varint(&b, 100, UINT64_MAX);
    protobuf_put_pair(&b, 3, "k", "v");
    assert_int_equal(buf_status(&b), 0);
    r = protobuf_reader_of(buf_span(&b));
    assert_true(protobuf_next(&r, &f));
    assert_int_equal(f.number, 1);
    assert_int_equal(f.value, 300);
    assert_true(protobuf_next(&r, &f));
    assert_int_equal(f.number, 2);
    assert_true(span_equal_str(f.bytes, "name"));
    assert_true(protobuf_next(&r, &f));
    assert_int_equal(f.number, 100);
    assert_true(f.value == UINT64_MAX);
    assert_true(protobuf_next(&r, &f));
    assert_true(span_equal(f.bytes, span_str("\n\1k\22\1v")));
    assert_false(protobuf_next(&r, &f));
    assert_false(r.failed);
}

static void a_varints_size_is_known_before(void **state)
{
    const uint64_t values[] = {0, 0x7f, 0x80, 0x3fff, 0x4000, UINT32_MAX, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
        CLEANUP(buf_done) struct buf b = buf_init(16);

        protobuf_put_varint(&b, 1, values[i]);
        assert_int_equal(b.len, 1 + protobuf_varint_size(values[i]));
    }
}

static void malformed_bytes_latch(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        {"\x08", 1}, /* key without value */
        {"\x0a\x05"
         "abcd",
         6},                                                      /* shorter than its length */
        {"\x0b\x0c", 2},                                          /* a group */
        {"\x00\x01", 2},                                          /* field number 0 */
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12}, /* varint of 11 bytes */
        {"\x09\x01\x02\x03", 4},                                  /* short fixed64 */
        {"\x0d\x01\x02", 3},                                      /* short fixed32 */
    };
    unsigned count = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        assert_int_equal(walk(span_of(rows[i].bytes, rows[i].len), &count), -EBADMSG);
}

static void mutants_are_survived(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(1024);
    unsigned count = 0;

    (void)state;
    protobuf_put_str(&b, 1, "0123456789");
    protobuf_put_varint(&b, 2, UINT32_MAX);
    protobuf_put_pair(&b, 3, "key", "value");
    assert_in_range(mutate_prefixes(buf_span(&b), walk, &count), 1, 4);
    (void)!mutate_bits(buf_span(&b), 0, b.len * 8, walk, &count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_read_as_written),
        cmocka_unit_test(a_varints_size_is_known_before),
        cmocka_unit_test(malformed_bytes_latch),
        cmocka_unit_test(mutants_are_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
