/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An element's header is as long as its length needs, which is known only at its end: the longest
 * header is reserved and the content moved down. Certificates are a few hundred bytes, nested six
 * deep, so the moves cost nothing that matters.
 */
#include "codec/der_writer.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

enum {
    HEADER_SIZE_MAX = 4, /* tag, 0x82, two bytes of length */
    CONTENT_SIZE_MAX = 0xffff,

    TAG_BOOLEAN = 0x01,
    TAG_INTEGER = 0x02,
    TAG_BIT_STRING = 0x03,
    TAG_OID = 0x06,
    TAG_UTC_TIME = 0x17,
    TAG_GENERALIZED_TIME = 0x18,
};

/* Return: bytes of the header. */
static size_t header_render(uint8_t tag, size_t size, uint8_t header[static HEADER_SIZE_MAX])
{
    header[0] = tag;
    if (size < 0x80) {
        header[1] = (uint8_t)size;
        return 2;
    }
    if (size < 0x100) {
        header[1] = 0x81;
        header[2] = (uint8_t)size;
        return 3;
    }
    header[1] = 0x82;
    header[2] = (uint8_t)(size >> 8);
    header[3] = (uint8_t)size;
    return 4;
}

void der_begin(struct der_writer *w, uint8_t tag)
{
    assert(w->depth < DER_WRITER_DEPTH_MAX);
    w->start[w->depth++] = w->out->len;
    buf_put_u8(w->out, tag);
    buf_put_zero(w->out, HEADER_SIZE_MAX - 1);
}

void der_end(struct der_writer *w)
{
    uint8_t header[HEADER_SIZE_MAX];
    struct buf *out = w->out;
    size_t start, content, size;

    assert(w->depth > 0);
    start = w->start[--w->depth];
    if (buf_status(out) < 0)
        return;

    content = out->len - start - HEADER_SIZE_MAX;
    assert(content <= CONTENT_SIZE_MAX);
    size = header_render(out->data[start], content, header);
    memmove(out->data + start + size, out->data + start + HEADER_SIZE_MAX, content);
    memcpy(out->data + start, header, size);
    out->len = start + size + content;
}

void der_put(struct der_writer *w, uint8_t tag, struct span content)
{
    uint8_t header[HEADER_SIZE_MAX];

    assert(content.len <= CONTENT_SIZE_MAX);
    buf_put(w->out, span_of(header, header_render(tag, content.len, header)));
    buf_put(w->out, content);
}

void der_put_raw(struct der_writer *w, struct span elements)
{
    buf_put(w->out, elements);
}

void der_put_oid(struct der_writer *w, struct span content)
{
    der_put(w, TAG_OID, content);
}

static void put_integer(struct der_writer *w, uint8_t tag, struct span big_endian)
{
    while (big_endian.len > 1 && big_endian.data[0] == 0)
        big_endian = span_from(big_endian, 1);

    der_begin(w, tag);
    if (big_endian.len == 0 || big_endian.data[0] >= 0x80)
        buf_put_u8(w->out, 0);
    buf_put(w->out, big_endian);
    der_end(w);
}

void der_put_unsigned(struct der_writer *w, struct span big_endian)
{
    put_integer(w, TAG_INTEGER, big_endian);
}

void der_put_number(struct der_writer *w, uint8_t tag, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};

    put_integer(w, tag, span_of(bytes, sizeof(bytes)));
}

void der_put_boolean(struct der_writer *w, bool value)
{
    const uint8_t byte = value ? 0xff : 0;

    der_put(w, TAG_BOOLEAN, span_of(&byte, 1));
}

void der_put_bits(struct der_writer *w, struct span bytes, uint8_t unused)
{
    der_begin(w, TAG_BIT_STRING);
    buf_put_u8(w->out, unused);
    buf_put(w->out, bytes);
    der_end(w);
}

void der_put_time(struct der_writer *w, int64_t unix_s)
{
    time_t t = (time_t)unix_s;
    char text[32];
    struct tm tm;

    gmtime_r(&t, &tm);
    strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
    if (tm.tm_year >= 50 && tm.tm_year < 150)
        der_put(w, TAG_UTC_TIME, span_str(text + 2));
    else
        der_put(w, TAG_GENERALIZED_TIME, span_str(text));
}
