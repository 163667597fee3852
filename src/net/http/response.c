/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http/response.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

/* Takes one line off the front, without its CRLF. Return: false when there is no whole line. */
static bool line_take(struct span *rest, struct span *ret)
{
    const uint8_t *end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    size_t len;

    if (!end)
        return false;
    len = (size_t)(end - rest->data);
    *ret = span_of(rest->data, len && rest->data[len - 1] == '\r' ? len - 1 : len);
    *rest = span_from(*rest, len + 1);
    return true;
}

static bool status_parse(struct span line, unsigned *ret)
{
    const uint8_t *p = line.data;

    if (line.len < 12 || memcmp(p, "HTTP/1.", 7) != 0 || p[8] != ' ' ||
        (line.len > 12 && p[12] != ' '))
        return false;
    if (p[9] < '1' || p[9] > '5' || !isdigit(p[10]) || !isdigit(p[11]))
        return false;
    *ret = (unsigned)((p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0'));
    return true;
}

/* Reads "Content-Length: N" into ret; other fields leave it. Return: false for a bad length. */
static bool field_read(struct span line, size_t *ret)
{
    static const char name[] = "content-length:";
    size_t i = sizeof(name) - 1, value = 0;

    if (line.len < i || strncasecmp((const char *)line.data, name, i) != 0)
        return true;
    while (i < line.len && line.data[i] == ' ')
        i++;
    if (i == line.len || line.len - i > 9)
        return false;
    for (; i < line.len; i++) {
        if (!isdigit(line.data[i]))
            return false;
        value = value * 10 + (size_t)(line.data[i] - '0');
    }
    *ret = value;
    return true;
}

int http_response_parse(struct span wire, struct http_response *ret, struct err *err)
{
    struct span rest = wire, line;
    size_t length = SIZE_MAX;
    unsigned status;

    if (!line_take(&rest, &line) || !status_parse(line, &status))
        return err_set(err, -EBADMSG, "not an HTTP response");
    do {
        if (!line_take(&rest, &line))
            return err_set(err, -EBADMSG, "HTTP response ends inside its head");
        if (!field_read(line, &length))
            return err_set(err, -EBADMSG, "HTTP response with a bad Content-Length");
    } while (line.len);
    if (length != SIZE_MAX && length != rest.len)
        return err_set(err, -EBADMSG, "HTTP response with %zu of %zu body bytes", rest.len, length);
    *ret = (struct http_response){.status = status, .has_length = length != SIZE_MAX, .body = rest};
    return 0;
}
