/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The size of an element's header depends on the length of its content, which is known only when
 * the element ends. So der_writer_begin() reserves the longest header, and der_writer_end() moves
 * the content down to the header that it needed. Certificates are a few hundred bytes, nested six
 * deep: the moves cost nothing that matters.
 */
#include "codec/der_writer.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

enum {
    HEADER_SIZE_MAX = 4, /* tag, 0x82, two bytes of length */
    CONTENT_SIZE_MAX = 0xffff,
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

void der_writer_begin(struct der_writer *w, uint8_t tag)
{
    assert(w->depth < DER_WRITER_DEPTH_MAX);
    w->start[w->depth++] = w->out->len;
    buf_put_u8(w->out, tag);
    buf_put_zero(w->out, HEADER_SIZE_MAX - 1);
}

void der_writer_end(struct der_writer *w)
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

void der_writer_put(struct der_writer *w, uint8_t tag, struct span content)
{
    uint8_t header[HEADER_SIZE_MAX];

    assert(content.len <= CONTENT_SIZE_MAX);
    buf_put(w->out, span_of(header, header_render(tag, content.len, header)));
    buf_put(w->out, content);
}

void der_writer_put_raw(struct der_writer *w, struct span elements)
{
    buf_put(w->out, elements);
}

void der_writer_put_oid(struct der_writer *w, struct span content)
{
    der_writer_put(w, DER_OID, content);
}

static void integer_put(struct der_writer *w, uint8_t tag, struct span big_endian)
{
    while (big_endian.len > 1 && big_endian.data[0] == 0)
        big_endian = span_from(big_endian, 1);

    der_writer_begin(w, tag);
    if (big_endian.len == 0 || big_endian.data[0] >= 0x80)
        buf_put_u8(w->out, 0);
    buf_put(w->out, big_endian);
    der_writer_end(w);
}

void der_writer_put_unsigned(struct der_writer *w, struct span big_endian)
{
    integer_put(w, DER_INTEGER, big_endian);
}

void der_writer_put_number(struct der_writer *w, uint8_t tag, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};

    integer_put(w, tag, span_of(bytes, sizeof(bytes)));
}

void der_writer_put_boolean(struct der_writer *w, bool value)
{
    const uint8_t byte = value ? 0xff : 0;

    der_writer_put(w, DER_BOOLEAN, span_of(&byte, 1));
}

void der_writer_put_bits(struct der_writer *w, struct span bytes, uint8_t unused)
{
    der_writer_begin(w, DER_BIT_STRING);
    buf_put_u8(w->out, unused);
    buf_put(w->out, bytes);
    der_writer_end(w);
}

void der_writer_put_time(struct der_writer *w, int64_t unix_s)
{
    time_t t = (time_t)unix_s;
    char text[32];
    struct tm tm;

    gmtime_r(&t, &tm);
    strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
    if (tm.tm_year >= 50 && tm.tm_year < 150)
        der_writer_put(w, DER_UTC_TIME, span_str(text + 2));
    else
        der_writer_put(w, DER_GENERALIZED_TIME, span_str(text));
}
