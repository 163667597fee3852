/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/pem.h"
#include "mutate.h"

static const char pem_text[] = "x\n-----BEGIN OTHER-----\nAAAA\n-----END OTHER-----\n"
                               "-----BEGIN THING-----\nZm9v\nYmFy\n-----END THING-----\n"
                               "-----BEGIN THING-----\r\nZg==\r\n-----END THING-----";

static int pem_all(struct span text, void *context)
{
    CLEANUP(buf_done) struct buf into = buf_init(64);
    struct err err = {0};
    struct span block;
    int r, count = 0;

    (void)context;
    while ((r = pem_next(&text, "THING", &into, &block, &err)) == 1)
        count++;
    return r < 0 ? r : count;
}

static void blocks_are_found(void **state)
{
    CLEANUP(buf_done) struct buf into = buf_init(64);
    struct span text = span_str(pem_text), block;

    (void)state;
    assert_int_equal(pem_next(&text, "THING", &into, &block, NULL), 1);
    assert_true(span_equal_str(block, "foobar"));
    assert_int_equal(pem_next(&text, "THING", &into, &block, NULL), 1);
    assert_true(span_equal_str(block, "f"));
    assert_int_equal(pem_next(&text, "THING", &into, &block, NULL), 0);
    assert_int_equal(pem_all(span_str("-----BEGIN THING-----\nZg==\n"), NULL), -EBADMSG);
    assert_int_equal(pem_all(span_str("-----BEGIN THING-----\nZ*==\n-----END THING-----"), NULL),
                     -EBADMSG);
}

static void blocks_read_back(void **state)
{
    CLEANUP(buf_done) struct buf text = buf_init(1024), into = buf_init(256);
    uint8_t bytes[200];
    struct span rest, block;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7);
    for (size_t len = 0; len <= sizeof(bytes); len += 25) {
        buf_clear(&text);
        buf_clear(&into);
        pem_put(&text, "THING", span_of(bytes, len));
        rest = buf_span(&text);
        assert_int_equal(pem_next(&rest, "THING", &into, &block, NULL), 1);
        assert_true(span_equal(block, span_of(bytes, len)));
    }
}

static void every_prefix_and_bit_is_survived(void **state)
{
    (void)state;
    mutate_prefixes(span_str(pem_text), pem_all, NULL);
    mutate_bits(span_str(pem_text), 0, sizeof(pem_text) - 1, pem_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_found),
        cmocka_unit_test(blocks_read_back),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
