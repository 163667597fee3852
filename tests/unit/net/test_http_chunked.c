/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "mutate.h"
#include "net/http/chunked.h"

enum {
    BODY_MAX = 64, /* bytes */
};

static const char valid[] = "4\r\nWiki\r\n6;name=\"v\"\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n"
                            "0\r\nDigest: x\r\n\r\n";
static const char decoded[] = "Wikipedia in \r\n\r\nchunks.";

/* Feeds @wire in pieces of @piece bytes. Return: as http_chunked_feed(), and what was left. */
static int feed(struct span wire, size_t piece, struct buf *body, size_t *ret_left)
{
    struct http_chunked c = {0};
    int r = 0;

    for (size_t at = 0; at < wire.len && r == 0;) {
        struct span bytes = span_sub(wire, at, MIN(piece, wire.len - at));
        const size_t len = bytes.len;
        struct err err = {0};

        r = http_chunked_feed(&c, &bytes, body, &err);
        assert_true(r >= 0 || err.text[0] != 0);
        at += len - bytes.len;
        *ret_left = wire.len - at;
    }
    return r;
}

static int feed_mutant(struct span wire, void *context)
{
    CLEANUP(buf_done) struct buf body = buf_init(BODY_MAX);
    size_t left = 0;
    int r = feed(wire, 3, &body, &left);

    (void)context;
    assert_true(body.len <= BODY_MAX);
    return r == 1 ? 0 : -EBADMSG;
}

static void a_body_comes_in_pieces_of_any_size(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= sizeof(valid); piece++) {
        CLEANUP(buf_done) struct buf body = buf_init(BODY_MAX);
        size_t left = 0;

        assert_int_equal(feed(span_str(valid), piece, &body, &left), 1);
        assert_true(span_equal_str(buf_span(&body), decoded));
        assert_int_equal(left, 0);
    }
}

static void the_next_request_is_left(void **state)
{
    CLEANUP(buf_done) struct buf body = buf_init(BODY_MAX);
    size_t left = 0;

    (void)state;
    assert_int_equal(feed(span_str("1\r\nx\r\n00\r\n\r\nGET /"), 100, &body, &left), 1);
    assert_int_equal(left, 5);
    assert_int_equal(body.len, 1);
}

static void bad_chunks_are_refused(void **state)
{
    static const char *const rows[] = {
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "0x1\r\n",
        " 1\r\n",
        "1 \r\n",
        "1 ;a\r\n",
        "1\n",
        "1\rx",
        "1\r\nab",
        "1\r\na\n",
        "1\r\na\rb",
        "100000000\r\n",
        "000000001\r\n",
        "1;a\x01\r\n",
        "1;a\n",
        "0\r\n\n",
        "0\r\na: b\n\r\n",
        "0\r\na\rb\r\n\r\n",
        "0\r\n\rx",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        CLEANUP(buf_done) struct buf body = buf_init(BODY_MAX);
        size_t left;

        if (feed(span_str(rows[i]), 1, &body, &left) != -EBADMSG)
            fail_msg("row %zu is not refused", i);
    }
}

static void sizes_are_bounded(void **state)
{
    static char text[HTTP_CHUNK_TRAILER_MAX + 64];
    CLEANUP(buf_done) struct buf body = buf_init(BODY_MAX);
    size_t left;

    (void)state;
    sprintf(text, "%x\r\n%0*d", BODY_MAX + 1, BODY_MAX + 1, 0);
    assert_int_equal(feed(span_str(text), 10, &body, &left), -EMSGSIZE);
    sprintf(text, "1;%0*d\r\n", HTTP_CHUNK_LINE_MAX, 0);
    assert_int_equal(feed(span_str(text), 10, &body, &left), -EBADMSG);
    sprintf(text, "0\r\na: %0*d\r\n\r\n", HTTP_CHUNK_TRAILER_MAX, 0);
    assert_int_equal(feed(span_str(text), 10, &body, &left), -EBADMSG);
}

static void every_prefix_needs_more_and_no_flipped_bit_is_fatal(void **state)
{
    (void)state;
    assert_int_equal(mutate_prefixes(span_str(valid), feed_mutant, NULL), 0);
    mutate_bits(span_str(valid), 0, sizeof(valid) - 1, feed_mutant, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_comes_in_pieces_of_any_size),
        cmocka_unit_test(the_next_request_is_left),
        cmocka_unit_test(bad_chunks_are_refused),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(every_prefix_needs_more_and_no_flipped_bit_is_fatal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
