/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/api_client.h"

#include <ctype.h>
#include <errno.h>

#include "base/fd.h"
#include "crypto/tls_client.h"

enum {
    READ_SIZE = 16 * 1024, /* bytes asked of one read */
};

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
                    struct buf *storage, struct http_response *ret, struct err *err)
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

        r = http_response_parse(buf_span(storage), ret, err);
        if (r == 0 && is_cut && !ret->has_length)
            r = err_set(err, -ECONNRESET, "the response was cut off");
    }
    return r < 0 ? err_wrap(err, "%s %s", request->method, request->path) : 0;
}
