/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http/response.h"

#include <ctype.h>
#include <errno.h>

#include "net/http/field.h"

static bool status_parse(struct span line, unsigned *ret)
{
    const uint8_t *p = line.data;

    if (line.len < 12 || memcmp(p, "HTTP/1.", 7) != 0 || !isdigit(p[7]) || p[8] != ' ' ||
        (line.len > 12 && p[12] != ' '))
        return false;
    if (p[9] < '1' || p[9] > '5' || !isdigit(p[10]) || !isdigit(p[11]))
        return false;
    *ret = (unsigned)((p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0'));
    return true;
}

/* Reads the fields up to the body. @ret_length stays as it is without a Content-Length. */
static int fields_read(struct span *rest, bool *ret_has_length, uint64_t *ret_length,
                       struct err *err)
{
    struct http_field field;
    int r;

    while ((r = http_field_take(rest, &field, err)) == 1) {
        if (http_field_is_name(field.name, "Transfer-Encoding"))
            return err_set(err, -EBADMSG, "a transfer coding was not asked for");
        if (!http_field_is_name(field.name, "Content-Length"))
            continue;
        if (*ret_has_length)
            return err_set(err, -EBADMSG, "Content-Length is given twice");
        *ret_has_length = true;
        r = http_field_length_parse(field.value, ret_length, err);
        if (r < 0)
            return -EBADMSG;
    }
    return r;
}

int http_response_parse(struct span wire, struct http_response *ret, struct err *err)
{
    struct span rest = wire, line;
    bool has_length = false;
    uint64_t length = 0;
    unsigned status;

    if (!http_field_line_take(&rest, &line) || !status_parse(line, &status))
        return err_set(err, -EBADMSG, "not an HTTP response");
    if (fields_read(&rest, &has_length, &length, err) < 0)
        return err_wrap(err, "head of an HTTP response");
    if (has_length && length != rest.len)
        return err_set(err, -EBADMSG, "HTTP response with %zu of %llu body bytes", rest.len,
                       (unsigned long long)length);
    *ret = (struct http_response){.status = status, .has_length = has_length, .body = rest};
    return 0;
}
