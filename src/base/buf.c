/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A buffer doubles when it is full, so n appended bytes cost n copies in all, and never grows past
 * its ceiling. The ceiling is why parsers and services use it for bytes of strangers: the caller
 * names the most that it is willing to hold, and one byte more is -EMSGSIZE instead of memory.
 *
 * Appending latches. A writer makes fifty calls and asks buf_status() once; between the failure and
 * that question every call does nothing, so the content is a prefix of what was meant and never has
 * a hole. buf_cstr() and buf_take() ask by themselves and give nothing after a failure.
 *
 * One byte more than the content is always allocated. It holds the NUL that buf_cstr() and
 * buf_take() put after the content, and it is not counted, so bytes and text are the same type.
 *
 * Text for people has two ways out. buf_put_json_string() replaces each byte that is not
 * well-formed UTF-8 by U+FFFD, since a JSON reader refuses a whole document for one such byte.
 * buf_put_printable() is for a terminal: everything outside ASCII becomes a question mark, because
 * escape sequences of a stranger would be executed there.
 */
#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BUF_SIZE_FIRST = 256, /* bytes of the first allocation */
};

void buf_done(struct buf *b)
{
    free(b->data);
    *b = buf_init(b->max);
}

static uint8_t *buf_fail(struct buf *b, int status)
{
    if (!b->status)
        b->status = status;
    return NULL;
}

/* Room for @len bytes and the NUL. Return: where they go; NULL after a failure. */
static uint8_t *buf_grow(struct buf *b, size_t len)
{
    size_t size;
    uint8_t *data;

    if (len > b->max || b->len > b->max - len)
        return buf_fail(b, -EMSGSIZE);
    if (b->size > b->len + len)
        return b->data + b->len;
    size = MAX(b->size * 2, (size_t)BUF_SIZE_FIRST);
    size = MIN(MAX(size, b->len + len + 1), b->max + 1);
    data = realloc(b->data, size);
    if (!data)
        return buf_fail(b, -ENOMEM);
    b->data = data;
    b->size = size;
    return data + b->len;
}

uint8_t *buf_reserve(struct buf *b, size_t len)
{
    return b->status ? NULL : buf_grow(b, len);
}

void buf_put(struct buf *b, struct span bytes)
{
    uint8_t *to = buf_reserve(b, bytes.len);

    if (!to || !bytes.len)
        return;
    memcpy(to, bytes.data, bytes.len);
    b->len += bytes.len;
}

void buf_put_str(struct buf *b, const char *text)
{
    buf_put(b, span_str(text));
}

void buf_put_u8(struct buf *b, uint8_t value)
{
    buf_put(b, span_of(&value, 1));
}

void buf_put_u16le(struct buf *b, uint16_t value)
{
    uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};

    buf_put(b, span_of(bytes, sizeof(bytes)));
}

void buf_put_u32le(struct buf *b, uint32_t value)
{
    buf_put_u16le(b, (uint16_t)value);
    buf_put_u16le(b, (uint16_t)(value >> 16));
}

void buf_put_u64le(struct buf *b, uint64_t value)
{
    buf_put_u32le(b, (uint32_t)value);
    buf_put_u32le(b, (uint32_t)(value >> 32));
}

void buf_put_zero(struct buf *b, size_t count)
{
    uint8_t *to = buf_reserve(b, count);

    if (!to)
        return;
    memset(to, 0, count);
    b->len += count;
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    int n;
    uint8_t *to;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    to = n < 0 ? buf_fail(b, -EINVAL) : buf_reserve(b, (size_t)n);
    if (to) {
        vsnprintf((char *)to, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

void buf_put_hex(struct buf *b, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *to = bytes.len > SIZE_MAX / 2 ? buf_fail(b, -EMSGSIZE) : buf_reserve(b, bytes.len * 2);

    if (!to)
        return;
    for (size_t i = 0; i < bytes.len; i++) {
        to[2 * i] = (uint8_t)digits[bytes.data[i] >> 4];
        to[2 * i + 1] = (uint8_t)digits[bytes.data[i] & 15];
    }
    b->len += bytes.len * 2;
}

/* Length of the well-formed UTF-8 sequence at the front of s (RFC 3629), 0 when there is none. */
static size_t utf8_length(struct span s)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = s.data[0];
    size_t len = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t point = first & (0xffU >> (len + 1));

    if (len <= 1)
        return len;
    if (first > 0xf4 || s.len < len)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((s.data[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (s.data[i] & 0x3f);
    }
    if (point < smallest[len] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return 0;
    return len;
}

void buf_put_json_string(struct buf *b, struct span text)
{
    size_t step;

    buf_put_u8(b, '"');
    for (; text.len > 0; text = span_from(text, step)) {
        uint8_t c = text.data[0];

        step = utf8_length(text);
        if (step == 0) {
            buf_put_str(b, "\xef\xbf\xbd");
            step = 1;
        } else if (c == '"' || c == '\\') {
            buf_printf(b, "\\%c", c);
        } else if (c < 0x20) {
            buf_printf(b, "\\u%04x", c);
        } else {
            buf_put(b, span_sub(text, 0, step));
        }
    }
    buf_put_u8(b, '"');
}

void buf_put_printable(struct buf *b, struct span text)
{
    uint8_t *to = buf_reserve(b, text.len);

    if (!to)
        return;
    for (size_t i = 0; i < text.len; i++)
        to[i] = text.data[i] >= ' ' && text.data[i] <= '~' ? text.data[i] : '?';
    b->len += text.len;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->status = 0;
}

const char *buf_cstr(struct buf *b)
{
    uint8_t *end = buf_reserve(b, 0);

    if (!end)
        return "";
    *end = 0;
    return (const char *)b->data;
}

uint8_t *buf_take(struct buf *b, size_t *ret_len)
{
    uint8_t *end = buf_reserve(b, 0);
    uint8_t *data = b->data;

    if (!end)
        return NULL;
    *end = 0;
    if (ret_len)
        *ret_len = b->len;
    *b = buf_init(b->max);
    return data;
}
