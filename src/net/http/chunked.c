/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A state for each place in the grammar, and a byte a step; only the data of a chunk is taken in
 * one piece. The body and a proxy in front of us must agree on each border, so every byte that the
 * grammar does not allow is an error: blanks before the semicolon, a line feed alone, a size
 * without digits or with a sign. Extensions carry nothing that we use, but RFC 9112 section 7.1.1
 * demands that unknown ones are ignored; their length is bounded.
 *
 * A trailer section has the grammar of a head. It is dropped, so only its lines matter here: they
 * end with CR LF, and an empty one ends the body.
 */
#include "net/http/chunked.h"

#include <errno.h>

#include "base/text.h"

static int line_end(struct http_chunked *c, enum http_chunked_state next)
{
    c->line_len = 0;
    c->digits = 0;
    c->state = next;
    return 0;
}

static int size_byte(struct http_chunked *c, uint8_t byte, struct err *err)
{
    int digit = text_hex_digit(byte);

    if (digit >= 0 && c->digits < HTTP_CHUNK_DIGITS_MAX) {
        c->left = c->left << 4 | (uint64_t)digit;
        c->digits++;
        return 0;
    }
    if (digit >= 0)
        return err_set(err, -EBADMSG, "a chunk's size has more than %d digits",
                       HTTP_CHUNK_DIGITS_MAX);
    if (c->digits == 0 || (byte != ';' && byte != '\r'))
        return err_set(err, -EBADMSG, "a chunk's size is not a hexadecimal number");
    c->state = byte == ';' ? HTTP_CHUNKED_EXTENSION : HTTP_CHUNKED_SIZE_LF;
    return 0;
}

static int extension_byte(struct http_chunked *c, uint8_t byte, struct err *err)
{
    if (++c->line_len > HTTP_CHUNK_LINE_MAX)
        return err_set(err, -EBADMSG, "a chunk's extension is longer than %d bytes",
                       HTTP_CHUNK_LINE_MAX);
    if (byte == '\r')
        c->state = HTTP_CHUNKED_SIZE_LF;
    else if ((byte < ' ' && byte != '\t') || byte == 0x7f)
        return err_set(err, -EBADMSG, "a chunk's extension holds the control character 0x%02x",
                       byte);
    return 0;
}

/* The line feed of an empty line ends the section; a carriage return alone is an error. */
static int trailer_byte(struct http_chunked *c, uint8_t byte, struct err *err)
{
    if (++c->trailer_len > HTTP_CHUNK_TRAILER_MAX)
        return err_set(err, -EBADMSG, "the trailer is longer than %d bytes",
                       HTTP_CHUNK_TRAILER_MAX);
    if (c->line_has_cr != (byte == '\n'))
        return err_set(err, -EBADMSG, "a line of the trailer does not end with CR LF");
    c->line_has_cr = byte == '\r';
    if (byte == '\n')
        return line_end(c, c->line_len == 0 ? HTTP_CHUNKED_END : HTTP_CHUNKED_TRAILER);
    if (byte != '\r')
        c->line_len++;
    return 0;
}

static int expected_byte(struct http_chunked *c, uint8_t byte, struct err *err)
{
    const uint8_t expected = c->state == HTTP_CHUNKED_DATA_CR ? '\r' : '\n';

    if (byte != expected)
        return err_set(err, -EBADMSG, "a chunk holds 0x%02x where 0x%02x is expected", byte,
                       expected);
    if (c->state == HTTP_CHUNKED_DATA_CR)
        c->state = HTTP_CHUNKED_DATA_LF;
    else if (c->state == HTTP_CHUNKED_DATA_LF)
        return line_end(c, HTTP_CHUNKED_SIZE);
    else
        return line_end(c, c->left ? HTTP_CHUNKED_DATA : HTTP_CHUNKED_TRAILER);
    return 0;
}

static int byte_take(struct http_chunked *c, uint8_t byte, struct err *err)
{
    switch (c->state) {
    case HTTP_CHUNKED_SIZE:
        return size_byte(c, byte, err);
    case HTTP_CHUNKED_EXTENSION:
        return extension_byte(c, byte, err);
    case HTTP_CHUNKED_TRAILER:
        return trailer_byte(c, byte, err);
    case HTTP_CHUNKED_SIZE_LF:
    case HTTP_CHUNKED_DATA_CR:
    case HTTP_CHUNKED_DATA_LF:
        return expected_byte(c, byte, err);
    case HTTP_CHUNKED_DATA:
    case HTTP_CHUNKED_END:
        break;
    }
    return 0;
}

static int data_take(struct http_chunked *c, struct span *bytes, struct buf *body, struct err *err)
{
    const size_t len = (size_t)MIN(c->left, (uint64_t)bytes->len);

    buf_put(body, span_sub(*bytes, 0, len));
    if (buf_status(body) < 0)
        return err_set(err, buf_status(body), "the body is longer than %zu bytes", body->max);
    *bytes = span_from(*bytes, len);
    c->left -= len;
    if (c->left == 0)
        c->state = HTTP_CHUNKED_DATA_CR;
    return 0;
}

int http_chunked_feed(struct http_chunked *c, struct span *bytes, struct buf *body, struct err *err)
{
    while (bytes->len && c->state != HTTP_CHUNKED_END) {
        const uint8_t byte = bytes->data[0];
        int r;

        if (c->state == HTTP_CHUNKED_DATA) {
            r = data_take(c, bytes, body, err);
        } else {
            *bytes = span_from(*bytes, 1);
            r = byte_take(c, byte, err);
        }
        if (r < 0)
            return r;
    }
    return c->state == HTTP_CHUNKED_END ? 1 : 0;
}
