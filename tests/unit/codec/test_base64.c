/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/base64.h"
#include "mutate.h"

static void decode_assert(const char *text, unsigned flags, int expected, const char *bytes)
{
    CLEANUP(buf_done) struct buf out = buf_init(64);

    assert_int_equal(base64_decode(span_str(text), flags, &out, NULL), expected);
    if (expected == 0)
        assert_true(span_equal_str(buf_span(&out), bytes));
}

static void digits_follow_the_rfc(void **state)
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

static void variants_are_chosen_by_flags(void **state)
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

static void text_is_strict(void **state)
{
    static const char *const bad[] = {
        "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8=Zm8=", "=", "Zm9v!", "Z=g="};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        decode_assert(bad[i], BASE64_STANDARD, -EBADMSG, NULL);
}

static void size_is_bounded(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(4);

    (void)state;
    assert_int_equal(base64_decode(span_str("Zm9vYmFy"), 0, &out, NULL), -EMSGSIZE);
}

static int decode(struct span text, void *context)
{
    CLEANUP(buf_done) struct buf out = buf_init(64);

    (void)context;
    return base64_decode(text, BASE64_SKIP_SPACE | BASE64_ANY, &out, NULL);
}

static void every_prefix_and_bit_is_survived(void **state)
{
    const struct span text = span_str("Zm9vYmFyIGJhcg==\n");

    (void)state;
    mutate_prefixes(text, decode, NULL);
    mutate_bits(text, 0, text.len, decode, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_follow_the_rfc),
        cmocka_unit_test(variants_are_chosen_by_flags),
        cmocka_unit_test(text_is_strict),
        cmocka_unit_test(size_is_bounded),
        cmocka_unit_test(every_prefix_and_bit_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
