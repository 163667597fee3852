/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http/field.h"

#include <errno.h>
#include <strings.h>

static bool char_is_token(uint8_t c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    return c && c < 0x80 && strchr("!#$%&'*+-.^_`|~", c);
}

/* VCHAR, obs-text, SP and HTAB (RFC 9110 section 5.5): no other control character. */
static bool char_is_value(uint8_t c)
{
    return c == '\t' || (c >= ' ' && c != 0x7f);
}

static bool char_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct span blanks_trim(struct span text)
{
    while (text.len && char_is_blank(text.data[0]))
        text = span_from(text, 1);
    while (text.len && char_is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

bool http_field_is_token(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!char_is_token(text.data[i]))
            return false;
    return text.len > 0;
}

bool http_field_is_name(struct span text, const char *name)
{
    return text.len == strlen(name) && strncasecmp((const char *)text.data, name, text.len) == 0;
}

int http_field_head_find(struct span bytes, size_t *scanned, size_t *ret_len, struct err *err)
{
    while (*scanned < bytes.len) {
        const uint8_t *from = bytes.data + *scanned;
        const uint8_t *lf = memchr(from, '\n', bytes.len - *scanned);
        size_t at;

        if (!lf) {
            *scanned = bytes.len;
            return 0;
        }
        at = (size_t)(lf - bytes.data);
        *scanned = at + 1;
        if (at == 0 || lf[-1] != '\r')
            return err_set(err, -EBADMSG, "a line ends with a line feed alone, CR LF is expected");
        if (at >= 3 && lf[-2] == '\n') {
            *ret_len = at + 1;
            return 1;
        }
    }
    return 0;
}

bool http_field_line_take(struct span *rest, struct span *ret_line)
{
    const uint8_t *lf = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    size_t at = lf ? (size_t)(lf - rest->data) : 0;

    if (at == 0 || lf[-1] != '\r')
        return false;
    *ret_line = span_of(rest->data, at - 1);
    *rest = span_from(*rest, at + 1);
    return true;
}

int http_field_take(struct span *rest, struct http_field *ret, struct err *err)
{
    const uint8_t *colon;
    struct span line, value;

    if (!http_field_line_take(rest, &line))
        return err_set(err, -EBADMSG, "the head ends inside a line");
    if (line.len == 0)
        return 0;
    if (char_is_blank(line.data[0]))
        return err_set(err, -EBADMSG, "a field is continued on a second line, which is obsolete");
    colon = memchr(line.data, ':', line.len);
    if (!colon || !http_field_is_token(span_of(line.data, (size_t)(colon - line.data))))
        return err_set(err, -EBADMSG, "a field has no name with a colon directly after it");
    value = blanks_trim(span_from(line, (size_t)(colon - line.data) + 1));
    for (size_t i = 0; i < value.len; i++)
        if (!char_is_value(value.data[i]))
            return err_set(err, -EBADMSG, "a field's value holds the control character 0x%02x",
                           value.data[i]);
    *ret = (struct http_field){span_of(line.data, (size_t)(colon - line.data)), value};
    return 1;
}

int http_field_length_parse(struct span value, uint64_t *ret, struct err *err)
{
    uint64_t length = 0;

    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return err_set(err, -EBADMSG, "Content-Length is not a decimal number");
        if (length > UINT64_MAX / 100)
            return err_set(err, -EMSGSIZE, "Content-Length has too many digits");
        length = length * 10 + (uint64_t)(value.data[i] - '0');
    }
    if (value.len == 0)
        return err_set(err, -EBADMSG, "Content-Length is empty");
    *ret = length;
    return 0;
}

bool http_field_list_next(struct span *rest, struct span *ret)
{
    while (rest->len) {
        const uint8_t *comma = memchr(rest->data, ',', rest->len);
        size_t len = comma ? (size_t)(comma - rest->data) : rest->len;

        *ret = blanks_trim(span_sub(*rest, 0, len));
        *rest = span_from(*rest, len + 1);
        if (ret->len)
            return true;
    }
    return false;
}
