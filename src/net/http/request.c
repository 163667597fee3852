/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser works on a head that is already whole, so it has no state: the request line is cut at
 * its two spaces, each field line is taken off the front, and the fields that decide about the
 * message's borders are looked at as they come. What has to be known of all fields together is
 * checked at the end (message_check()).
 *
 * Strictness is the point. A request is smuggled when a proxy in front of us and we disagree where
 * it ends, so the rules below refuse what RFC 9112 lets a server repair:
 *
 *   - a line that ends with a line feed alone, a blank before a colon, a continued field (2.2, 5.1,
 *     5.2): 400;
 *   - Content-Length twice, also with equal values, or beside Transfer-Encoding (6.1, 6.3): 400;
 *   - a transfer coding other than "chunked" alone: 501, and any in HTTP/1.0: 400 (6.1);
 *   - no Host in HTTP/1.1, or two (3.2): 400.
 *
 * A connection is closed after each of these answers, since the next request's beginning is not
 * known then.
 */
#include "net/http/request.h"

#include <errno.h>

/* Facts from the fields that are checked when all fields have been read. */
struct framing {
    unsigned hosts, lengths, codings;
    bool closes, asks_to_keep;
};

static const struct {
    const char *name;
    enum http_method method;
} methods[] = {
    {"GET", HTTP_GET}, {"HEAD", HTTP_HEAD},     {"POST", HTTP_POST},
    {"PUT", HTTP_PUT}, {"DELETE", HTTP_DELETE},
};

static unsigned refuse(struct err *err, unsigned status, const char *why)
{
    (void)err_set(err, -EBADMSG, "%s", why);
    return status;
}

/* Request line */

static enum http_method method_parse(struct span text)
{
    for (size_t i = 0; i < ARRAY_COUNT(methods); i++)
        if (span_equal_str(text, methods[i].name))
            return methods[i].method;
    return HTTP_METHOD_NONE;
}

static bool word_take(struct span *rest, struct span *ret)
{
    const uint8_t *space = rest->len ? memchr(rest->data, ' ', rest->len) : NULL;

    if (!space)
        return false;
    *ret = span_of(rest->data, (size_t)(space - rest->data));
    *rest = span_from(*rest, ret->len + 1);
    return ret->len > 0;
}

/* RFC 9112 section 3.2.2: a target in absolute form names the host, whatever Host says.
 * Return: false when the target has a scheme and no authority. */
static bool authority_take(struct span *target, struct span *ret_host)
{
    static const char scheme[] = "http://", secure[] = "https://";
    struct span rest;
    size_t len = 0;

    if (span_starts_with(*target, span_str(scheme)))
        rest = span_from(*target, sizeof(scheme) - 1);
    else if (span_starts_with(*target, span_str(secure)))
        rest = span_from(*target, sizeof(secure) - 1);
    else
        return true;
    while (len < rest.len && rest.data[len] != '/' && rest.data[len] != '?')
        len++;
    *ret_host = span_sub(rest, 0, len);
    *target = span_from(rest, len);
    if (target->len == 0)
        *target = span_str("/"); /* only an absolute form can be without a path */
    return len > 0;
}

/* Host is host[:port] of RFC 3986: other characters would confuse whoever reads it later. */
static bool host_is_valid(struct span host)
{
    for (size_t i = 0; i < host.len; i++)
        if (host.data[i] <= ' ' || host.data[i] >= 0x7f || strchr("/?#@\\", host.data[i]))
            return false;
    return true;
}

static unsigned target_parse(struct span target, struct http_request *ret, struct err *err)
{
    const uint8_t *mark;

    for (size_t i = 0; i < target.len; i++)
        if (target.data[i] <= ' ' || target.data[i] >= 0x7f || target.data[i] == '#')
            return refuse(err, 400, "the request target holds a character that must be encoded");
    if (!authority_take(&target, &ret->host) || !host_is_valid(ret->host))
        return refuse(err, 400, "the target's authority is not a host with an optional port");
    if (target.len == 0 || target.data[0] != '/')
        return refuse(err, 400, "the request target is not a path");
    mark = memchr(target.data, '?', target.len);
    ret->path = span_sub(target, 0, mark ? (size_t)(mark - target.data) : target.len);
    ret->query = span_from(target, ret->path.len + 1);
    return 0;
}

static unsigned version_parse(struct span text, unsigned *ret_minor, struct err *err)
{
    const uint8_t *p = text.data;

    if (text.len != 8 || memcmp(p, "HTTP/", 5) != 0 || p[5] < '0' || p[5] > '9' || p[6] != '.' ||
        p[7] < '0' || p[7] > '9')
        return refuse(err, 400, "the request line does not end with an HTTP version");
    if (p[5] != '1')
        return refuse(err, 505, "the HTTP version is not 1.0 or 1.1");
    *ret_minor = p[7] == '0' ? 0 : 1;
    return 0;
}

static unsigned line_parse(struct span line, struct http_request *ret, struct err *err)
{
    struct span method, target;
    unsigned status;

    if (line.len > HTTP_TARGET_SIZE_MAX)
        return refuse(err, 414, "the request target is too long");
    if (!word_take(&line, &method) || !word_take(&line, &target) || !http_field_is_token(method))
        return refuse(err, 400, "the request line is not METHOD TARGET VERSION");
    status = version_parse(line, &ret->minor, err);
    if (status == 0)
        status = target_parse(target, ret, err);
    ret->method = method_parse(method);
    if (status == 0 && ret->method == HTTP_METHOD_NONE)
        return refuse(err, 501, "the method is not GET, HEAD, POST, PUT or DELETE");
    return status;
}

/* Fields */

static unsigned connection_read(struct span value, struct framing *f)
{
    struct span option;

    while (http_field_list_next(&value, &option)) {
        f->closes = f->closes || http_field_is_name(option, "close");
        f->asks_to_keep = f->asks_to_keep || http_field_is_name(option, "keep-alive");
    }
    return 0;
}

static unsigned host_read(struct span value, struct http_request *ret, struct err *err)
{
    if (!host_is_valid(value))
        return refuse(err, 400, "Host is not a host with an optional port");
    if (!ret->host.len)
        ret->host = value;
    return 0;
}

static unsigned length_read(struct span value, struct http_request *ret, struct err *err)
{
    int r = http_field_length_parse(value, &ret->length, err);

    ret->has_length = true;
    return r == -EMSGSIZE ? 413 : r < 0 ? 400 : 0;
}

static unsigned field_read(const struct http_field *field, struct http_request *ret,
                           struct framing *f, struct err *err)
{
    if (http_field_is_name(field->name, "Connection"))
        return connection_read(field->value, f);
    if (http_field_is_name(field->name, "Host")) {
        f->hosts++;
        return host_read(field->value, ret, err);
    }
    if (http_field_is_name(field->name, "Content-Length")) {
        f->lengths++;
        return length_read(field->value, ret, err);
    }
    if (http_field_is_name(field->name, "Transfer-Encoding")) {
        f->codings++;
        ret->is_chunked = http_field_is_name(field->value, "chunked");
        return ret->is_chunked ? 0 : refuse(err, 501, "the transfer coding is not chunked alone");
    }
    if (http_field_is_name(field->name, "Expect")) {
        ret->expects_continue = http_field_is_name(field->value, "100-continue");
        return ret->expects_continue ? 0 : refuse(err, 417, "only 100-continue can be expected");
    }
    return 0;
}

static unsigned message_check(struct http_request *ret, const struct framing *f, struct err *err)
{
    if (f->hosts > 1 || (f->hosts == 0 && ret->minor == 1))
        return refuse(err, 400, "HTTP/1.1 demands one Host field");
    if (f->lengths > 1)
        return refuse(err, 400, "Content-Length is given twice");
    if (f->codings > 1)
        return refuse(err, 400, "Transfer-Encoding is given twice");
    if (f->codings && f->lengths)
        return refuse(err, 400, "Content-Length and Transfer-Encoding exclude each other");
    if (f->codings && ret->minor == 0)
        return refuse(err, 400, "HTTP/1.0 has no transfer codings");
    ret->expects_continue = ret->expects_continue && ret->minor == 1;
    ret->keeps_alive = !f->closes && (ret->minor == 1 || f->asks_to_keep);
    return 0;
}

unsigned http_request_parse(struct span head, struct http_request *ret, struct err *err)
{
    struct http_request request = {0};
    struct framing framing = {0};
    struct span rest = head, line;
    struct http_field field;
    unsigned status;
    int r;

    if (span_starts_with(rest, span_str("\r\n"))) /* RFC 9112 section 2.2: one is tolerated */
        rest = span_from(rest, 2);
    if (!http_field_line_take(&rest, &line))
        return refuse(err, 400, "there is no request line that ends with CR LF");
    status = line_parse(line, &request, err);
    while (status == 0 && (r = http_field_take(&rest, &field, err)) != 0) {
        if (r < 0)
            return 400;
        if (request.field_count == HTTP_FIELDS_MAX)
            return refuse(err, 431, "the request has too many header fields");
        request.fields[request.field_count++] = field;
        status = field_read(&field, &request, &framing, err);
    }
    if (status == 0 && rest.len)
        return refuse(err, 400, "bytes follow the empty line");
    if (status == 0)
        status = message_check(&request, &framing, err);
    if (status == 0)
        *ret = request;
    return status;
}

bool http_request_field(const struct http_request *request, const char *name, struct span *ret)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (http_field_is_name(request->fields[i].name, name)) {
            *ret = request->fields[i].value;
            return true;
        }
    return false;
}
