/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span text_trim(struct span text)
{
    while (text.len > 0 && is_blank(text.data[0]))
        text = span_from(text, 1);
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

struct span text_strip(struct span text)
{
    if (span_starts_with(text, span_of("\xef\xbb\xbf", 3)))
        text = span_from(text, 3);
    text = text_trim(text);
    while (text.len > 0 && text.data[text.len - 1] == 0)
        text = text_trim(span_sub(text, 0, text.len - 1));
    return text;
}

struct span text_split(struct span *rest, uint8_t delimiter)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->data, delimiter, rest->len) : NULL;
    struct span part = *rest;

    if (!end) {
        *rest = span_of(NULL, 0);
        return part;
    }
    part.len = (size_t)(end - rest->data);
    *rest = span_from(*rest, part.len + 1);
    return part;
}

bool text_ends_with(struct span text, struct span suffix)
{
    return text.len >= suffix.len && span_equal(span_from(text, text.len - suffix.len), suffix);
}

bool text_is_hex(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text_hex_digit(text.data[i]) < 0)
            return false;
    return true;
}

bool text_hex_parse(struct span text, size_t digits_max, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > digits_max || !text_is_hex(text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        value = value << 4 | (uint64_t)text_hex_digit(text.data[i]);
    *ret_value = value;
    return true;
}
