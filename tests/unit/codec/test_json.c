/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "codec/json.h"
#include "mutate.h"

static int skip_all(struct span text, void *context)
{
    struct json_reader r = json_reader_of(text);

    (void)context;
    json_skip(&r);
    return json_reader_done(&r, NULL);
}

static int skip_text(const char *text)
{
    return skip_all(span_str(text), NULL);
}

static void grammar_is_strict(void **state)
{
    static const char *const good[] = {"null",
                                       " true ",
                                       "-0",
                                       "10.5e+3",
                                       "\"\\u00e9\\n\"",
                                       "[]",
                                       "{}",
                                       "[1,[2,{\"a\":[]}],\"x\"]",
                                       "{\"a\":1,\"b\":{\"c\":[true,false,null]}}"};
    static const char *const bad[] = {
        "",      " ",       "nul",         "True",       "01",
        "1.",    ".5",      "+1",          "1e",         "-",
        "\"",    "\"\\x\"", "\"\\u12g4\"", "\"\t\"",     "[",
        "[1",    "[1,]",    "[,1]",        "[1 2]",      "{",
        "{a:1}", "{\"a\"}", "{\"a\":}",    "{\"a\":1,}", "{\"a\":1 \"b\":2}",
        "1 2",   "[]]",     "{}}",         "\xff",       "[1],",
        "\"a\"b"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(good); i++)
        assert_int_equal(skip_text(good[i]), 0);
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(skip_text(bad[i]), -EBADMSG);
    assert_int_equal(skip_all(span_of("1\0", 2), NULL), -EBADMSG);
}

static void nesting_is_bounded(void **state)
{
    char text[2 * JSON_READER_DEPTH_MAX + 3];
    struct json_reader r;
    struct err err = {0};

    (void)state;
    memset(text, '[', JSON_READER_DEPTH_MAX);
    memset(text + JSON_READER_DEPTH_MAX, ']', JSON_READER_DEPTH_MAX);
    assert_int_equal(skip_all(span_of(text, 2 * JSON_READER_DEPTH_MAX), NULL), 0);
    memset(text, '[', JSON_READER_DEPTH_MAX + 1);
    memset(text + JSON_READER_DEPTH_MAX + 1, ']', JSON_READER_DEPTH_MAX + 1);
    r = json_reader_of(span_of(text, 2 * JSON_READER_DEPTH_MAX + 2));
    json_skip(&r);
    assert_int_equal(json_reader_done(&r, &err), -EBADMSG);
    assert_non_null(strstr(err.text, "nested too deeply"));
}

static void values_are_read(void **state)
{
    struct json_reader r =
        json_reader_of(span_str(" { \"n\" : 65535 , \"s\":\"plain\",\"h\":\"00fFa0\", \"f\":true, "
                                "\"raw\": { \"x\" : [1, 2] } } "));
    uint8_t hex[3] = {0};
    struct span key, raw = {0}, text = {0};
    uint64_t n = 0;
    bool flag = false;

    (void)state;
    json_enter_object(&r);
    while (json_next_member(&r, &key)) {
        if (span_equal_str(key, "n"))
            n = json_unsigned(&r, UINT16_MAX);
        else if (span_equal_str(key, "s"))
            text = json_text(&r);
        else if (span_equal_str(key, "h"))
            json_hex_fixed(&r, hex, sizeof(hex));
        else if (span_equal_str(key, "f"))
            flag = json_flag(&r);
        else
            raw = json_skip(&r);
    }
    assert_int_equal(json_reader_done(&r, NULL), 0);
    assert_int_equal(n, 65535);
    assert_true(flag && span_equal_str(text, "plain"));
    assert_memory_equal(hex, "\x00\xff\xa0", 3);
    assert_true(span_equal_str(raw, "{ \"x\" : [1, 2] }"));
}

static void wrong_types_latch(void **state)
{
    static const char *const texts[] = {"-1",    "1.0",  "1e2", "65536",
                                        "\"1\"", "null", "[1]", "18446744073709551616"};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct json_reader r = json_reader_of(span_str(texts[i]));

        assert_int_equal(json_unsigned(&r, UINT16_MAX), 0);
        assert_true(json_failed(&r));
        assert_int_equal(json_skip(&r).len, 0);
        assert_int_equal(json_reader_done(&r, NULL), -EBADMSG);
    }
    struct json_reader r = json_reader_of(span_str("18446744073709551615"));
    assert_true(json_unsigned(&r, UINT64_MAX) == UINT64_MAX);
    r = json_reader_of(span_str("\"a\\u0062\""));
    assert_int_equal(json_text(&r).len, 0);
    assert_true(json_failed(&r));
}

static void decode_assert(const char *text, const char *expected)
{
    CLEANUP(buf_done) struct buf out = buf_init(64);
    struct json_reader r = json_reader_of(span_str(text));
    struct span decoded = json_text_decoded(&r, &out);

    assert_int_equal(json_reader_done(&r, NULL), 0);
    assert_true(span_equal_str(decoded, expected));
}

static void escapes_are_decoded(void **state)
{
    CLEANUP(buf_done) struct buf small = buf_init(2);
    struct json_reader r = json_reader_of(span_str("\"abc\""));

    (void)state;
    decode_assert("\"\"", "");
    decode_assert("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", "a\"\\/\b\f\n\r\tz");
    decode_assert("\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00!\"",
                  "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80!");
    decode_assert("\"\\ud83dx\\udc00\"", "\xef\xbf\xbdx\xef\xbf\xbd");
    decode_assert("\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
                                        "A");
    json_text_decoded(&r, &small);
    assert_int_equal(json_reader_done(&r, NULL), -EBADMSG);
}

static void every_prefix_and_bit_is_survived(void **state)
{
    struct span text = span_str("{\"a\":[1,-2.5e3,\"x\\u0041\",{\"b\":null}],\"c\":true}");

    (void)state;
    assert_int_equal(mutate_prefixes(text, skip_all, NULL), 0);
    mutate_bits(text, 0, text.len, skip_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grammar_is_strict),   cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(values_are_read),     cmocka_unit_test(wrong_types_latch),
        cmocka_unit_test(escapes_are_decoded), cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
