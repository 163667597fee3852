/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "codec/base64.h"
#include "codec/hex.h"
#include "codec/pem.h"
#include "mutate.h"

static void decode_assert(const char *text, unsigned flags, int expected, const char *bytes)
{
    CLEANUP(buf_done) struct buf out = buf_init(64);

    assert_int_equal(base64_decode(span_str(text), flags, &out, NULL), expected);
    if (expected == 0)
        assert_true(span_equal_str(buf_span(&out), bytes));
}

static void base64_follows_the_rfc(void **state)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(pairs); i++) {
        CLEANUP(buf_done) struct buf out = buf_init(64);

        base64_put(&out, span_str(pairs[i][0]), BASE64_STANDARD);
        assert_true(span_equal_str(buf_span(&out), pairs[i][1]));
        decode_assert(pairs[i][1], BASE64_STANDARD, 0, pairs[i][0]);
        decode_assert(pairs[i][1], BASE64_ANY, 0, pairs[i][0]);
    }
}

static void base64_variants(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(64);

    (void)state;
    base64_put(&out, span_of("\xff\xfe\xfd\xfc", 4), BASE64_URL | BASE64_NO_PADDING);
    assert_true(span_equal_str(buf_span(&out), "__79_A"));
    decode_assert("__79_A", BASE64_URL | BASE64_NO_PADDING, 0, "\xff\xfe\xfd\xfc");
    decode_assert("__79_A", BASE64_ANY, 0, "\xff\xfe\xfd\xfc");
    decode_assert("//79/A==", BASE64_ANY, 0, "\xff\xfe\xfd\xfc");
    decode_assert("__79_A==", BASE64_STANDARD, -EBADMSG, NULL);
    decode_assert("//79/A==", BASE64_URL, -EBADMSG, NULL);
    decode_assert("Zm9v\r\n YmFy\n", BASE64_SKIP_SPACE, 0, "foobar");
    decode_assert("Zm9v\nYmFy", BASE64_STANDARD, -EBADMSG, NULL);
    decode_assert("Zg==", BASE64_NO_PADDING, -EBADMSG, NULL);
}

static void base64_is_strict(void **state)
{
    static const char *const bad[] = {
        "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8=Zm8=", "=", "Zm9v!", "Z=g="};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        decode_assert(bad[i], BASE64_STANDARD, -EBADMSG, NULL);
}

static void base64_is_bounded(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(4);

    (void)state;
    assert_int_equal(base64_decode(span_str("Zm9vYmFy"), 0, &out, NULL), -EMSGSIZE);
}

static void hex_both_ways(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(8);
    uint8_t two[2];

    (void)state;
    assert_int_equal(hex_decode(span_str("00aBfF"), &out), 0);
    assert_true(span_equal(buf_span(&out), span_of("\x00\xab\xff", 3)));
    assert_int_equal(hex_decode(span_str("0"), &out), -EBADMSG);
    assert_int_equal(hex_decode(span_str("0g"), &out), -EBADMSG);
    assert_int_equal(hex_decode(span_str("000000000000000000"), &out), -EMSGSIZE);
    assert_int_equal(hex_decode_fixed(span_str("123"), two, 2), -EBADMSG);
    assert_int_equal(hex_decode_fixed(span_str("12345"), two, 2), -EBADMSG);
    assert_int_equal(hex_decode_fixed(span_str("1234"), two, 2), 0);
}

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

static void pem_blocks_are_found(void **state)
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

static void pem_round_trip(void **state)
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
        cmocka_unit_test(base64_follows_the_rfc),
        cmocka_unit_test(base64_variants),
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(base64_is_bounded),
        cmocka_unit_test(hex_both_ways),
        cmocka_unit_test(pem_blocks_are_found),
        cmocka_unit_test(pem_round_trip),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
