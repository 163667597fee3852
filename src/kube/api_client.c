#include "kube/api_client.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>

#include "base/fd.h"
#include "crypto/tls_client.h"

enum {
    READ_SIZE = 16 * 1024, /* bytes asked of one read */
};

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

int api_response_parse(struct span wire, struct api_response *ret, struct err *err)
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
    *ret = (struct api_response){.status = status, .has_length = length != SIZE_MAX, .body = rest};
    return 0;
}

static int request_render(const struct api_client *client, const struct api_request *request,
                          struct buf *out, struct err *err)
{
    CLEANUP(buf_done) struct buf token = buf_init(API_TOKEN_SIZE_MAX);
    int r = fd_read_file(client->token_file, &token, err);

    if (r < 0)
        return err_wrap(err, "bearer token");
    while (token.len && isspace(token.data[token.len - 1]))
        token.len--;
    for (size_t i = 0; i < token.len; i++)
        if (!isgraph(token.data[i]))
            return err_set(err, -EBADMSG, "%s does not hold a bearer token", client->token_file);
    buf_printf(out, "%s %s HTTP/1.0\r\nHost: %s:%s\r\nUser-Agent: coffer/" COFFER_VERSION "\r\n",
               request->method, request->path, client->host, client->port);
    buf_printf(out, "Accept: application/json\r\nAuthorization: Bearer %s\r\n", buf_cstr(&token));
    if (request->content_type)
        buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", request->content_type,
                   request->body.len);
    buf_put_str(out, "\r\n");
    buf_put(out, request->body);
    return buf_status(out) ? err_set(err, buf_status(out), "request too large") : 0;
}

static int response_read(struct tls_client *tls, struct buf *storage, struct err *err)
{
    for (;;) {
        uint8_t *to = buf_reserve(storage, READ_SIZE);
        ssize_t n;

        if (!to)
            return err_set(err, buf_status(storage), "response of more than %zu bytes",
                           storage->max);
        n = tls_client_read(tls, to, READ_SIZE, err);
        if (n <= 0)
            return (int)n;
        storage->len += (size_t)n;
    }
}

/* Servers that end without close_notify are common: then only a Content-Length proves the end. */
int api_client_call(const struct api_client *client, const struct api_request *request,
                    struct buf *storage, struct api_response *ret, struct err *err)
{
    const struct tls_peer peer = {client->host, client->port, client->ca_file, API_TIMEOUT_MS};
    CLEANUP(tls_client_freep) struct tls_client *tls = NULL;
    CLEANUP(buf_done) struct buf wire = buf_init(API_RESPONSE_SIZE_MAX);
    int r = request_render(client, request, &wire, err);

    if (r == 0)
        r = tls_client_new(&peer, &tls, err);
    if (r == 0)
        r = tls_client_write(tls, buf_span(&wire), err);
    if (r == 0)
        r = response_read(tls, storage, err);
    if (r == 0 || r == -ECONNRESET) {
        bool is_cut = r < 0;

        r = api_response_parse(buf_span(storage), ret, err);
        if (r == 0 && is_cut && !ret->has_length)
            r = err_set(err, -ECONNRESET, "the response was cut off");
    }
    return r < 0 ? err_wrap(err, "%s %s", request->method, request->path) : 0;
}
