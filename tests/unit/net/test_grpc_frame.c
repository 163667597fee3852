/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "mutate.h"
#include "net/grpc/frame.h"

enum {
    MESSAGE_MAX = 64, /* bytes */
};

static void a_message_comes_in_any_pieces(void **state)
{
    static const uint8_t wire[] = "\0\0\0\0\5hello\0\0\0\0\0\0\0\0\0\3abc";

    (void)state;
    for (size_t step = 1; step < sizeof(wire); step++) {
        struct grpc_frame f = grpc_frame_init(MESSAGE_MAX);
        const char *const messages[] = {"hello", "", "abc"};
        size_t count = 0;

        for (size_t at = 0; at < sizeof(wire) - 1; at += step) {
            struct span bytes = span_of(wire + at, MIN(step, sizeof(wire) - 1 - at)), message;

            while (bytes.len > 0) {
                int r = grpc_frame_feed(&f, &bytes, &message, NULL);

                assert_in_range(r, 0, 1);
                if (r == 1)
                    assert_true(span_equal_str(message, messages[count++]));
            }
        }
        assert_int_equal(count, 3);
        assert_true(grpc_frame_is_empty(&f));
        grpc_frame_done(&f);
    }
}

static int feed_all(struct span wire, void *context)
{
    struct grpc_frame f = grpc_frame_init(MESSAGE_MAX);
    struct span message;
    int r = 0;

    (void)context;
    while (r >= 0 && wire.len > 0)
        r = grpc_frame_feed(&f, &wire, &message, NULL);
    if (r >= 0 && !grpc_frame_is_empty(&f))
        r = -EBADMSG;
    grpc_frame_done(&f);
    return r < 0 ? r : 0;
}

static void limits_hold(void **state)
{
    (void)state;
    assert_int_equal(feed_all(span_of("\0\0\0\0\x41", 5), NULL), -EMSGSIZE);
    assert_int_equal(feed_all(span_of("\0\xff\xff\xff\xff", 5), NULL), -EMSGSIZE);
    assert_int_equal(feed_all(span_of("\1\0\0\0\1x", 6), NULL), -EPROTO);
    assert_int_equal(feed_all(span_of("\0\0\0\0", 4), NULL), -EBADMSG);
}

static void room_grows_with_what_came(void **state)
{
    struct grpc_frame f = grpc_frame_init(1 << 30);
    struct span bytes = span_of("\0\x3f\xff\xff\xff"
                                "abc",
                                8),
                message;

    (void)state;
    assert_int_equal(grpc_frame_feed(&f, &bytes, &message, NULL), 0);
    assert_true(f.message.size < 4096);
    grpc_frame_done(&f);
}

static void mutants_are_survived(void **state)
{
    const struct span wire = span_of("\0\0\0\0\5hello\0\0\0\0\3abc", 18);

    (void)state;
    assert_int_equal(mutate_prefixes(wire, feed_all, NULL), 2);
    (void)!mutate_bits(wire, 0, wire.len * 8, feed_all, NULL);
}

static void the_prefix_is_big_endian(void **state)
{
    uint8_t prefix[GRPC_FRAME_PREFIX_SIZE];

    (void)state;
    grpc_frame_prefix(0x01020304, prefix);
    assert_memory_equal(prefix, "\0\1\2\3\4", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_comes_in_any_pieces), cmocka_unit_test(limits_hold),
        cmocka_unit_test(room_grows_with_what_came),     cmocka_unit_test(mutants_are_survived),
        cmocka_unit_test(the_prefix_is_big_endian),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
