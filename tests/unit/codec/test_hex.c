/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/hex.h"

static void digits_become_bytes(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(8);

    (void)state;
    assert_int_equal(hex_decode(span_str("00aBfF"), &out), 0);
    assert_true(span_equal(buf_span(&out), span_of("\x00\xab\xff", 3)));
    assert_int_equal(hex_decode(span_of(NULL, 0), &out), 0);
    assert_int_equal(out.len, 3);
}

static void other_text_is_refused(void **state)
{
    static const char *const bad[] = {"0", "0g", "g0", " 00", "0x00", "00\n"};
    CLEANUP(buf_done) struct buf out = buf_init(8);

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(hex_decode(span_str(bad[i]), &out), -EBADMSG);
    assert_int_equal(out.len, 0);
    assert_int_equal(hex_decode(span_str("000000000000000000"), &out), -EMSGSIZE);
}

static void a_fixed_size_is_exact(void **state)
{
    uint8_t two[2];

    (void)state;
    assert_int_equal(hex_decode_fixed(span_str("123"), two, 2), -EBADMSG);
    assert_int_equal(hex_decode_fixed(span_str("12345"), two, 2), -EBADMSG);
    assert_int_equal(hex_decode_fixed(span_str("12x4"), two, 2), -EBADMSG);
    assert_int_equal(hex_decode_fixed(span_str("1234"), two, 2), 0);
    assert_true(two[0] == 0x12 && two[1] == 0x34);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_become_bytes),
        cmocka_unit_test(other_text_is_refused),
        cmocka_unit_test(a_fixed_size_is_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
