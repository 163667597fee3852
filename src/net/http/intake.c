/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes to requests. There is one request at a time: http_intake_process() stops when the
 * connection waits for a handler or for the socket, and the rest of the bytes waits with it.
 *
 * A request without a body is parsed where it lies. For one with a body the head is copied, the
 * body is collected, and then the head is parsed once more, because the spans of the first time
 * have moved. That is cheaper than making every span survive a move.
 *
 * All that can be refused before the body comes is refused before it: the head's syntax, the path,
 * the method, a Content-Length above the route's limit. A peer that expects "100 Continue" gets it
 * after these checks only, so that it does not send a body for nothing.
 */
#include <errno.h>

#include "base/clock.h"
#include "net/http/server_internal.h"

void http_intake_forget(struct http_connection *c)
{
    buf_done(&c->head);
    buf_done(&c->body);
    c->chunked = (struct http_chunked){0};
}

static void request_dispatch(struct http_connection *c, const struct http_route *route)
{
    struct http_exchange *x = &c->exchange;

    c->server->counters.requests++;
    c->state = HTTP_AT_HANDLER;
    http_server_deadline(c, INT64_MAX);
    x->request = &c->server->request;
    x->is_pending = true;
    route->handle(c->server->options.userdata, x);
    if (c->state == HTTP_AT_HANDLER) {
        x->request = NULL;
        http_intake_forget(c);
    }
}

static void route_refuse(struct http_connection *c, unsigned status, unsigned methods, bool keeps)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    char allow[32] = "";

    if (status == 404) {
        buf_put_str(&c->exchange.body, "not found; there is:");
        for (const struct http_route *r = c->server->options.routes; r->pattern; r++)
            buf_printf(&c->exchange.body, " %s", r->pattern);
        http_output_refuse(c, 404, keeps, "%s", "");
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (methods & 1U << i) {
            strcat(allow, *allow ? ", " : "");
            strcat(allow, names[i]);
        }
    http_exchange_field(&c->exchange, "Allow", "%s", allow);
    http_output_refuse(c, 405, keeps, "the method is not allowed here; allowed: %s", allow);
}

/* "100 Continue", unless the body has begun to arrive. It fits, since no answer is under way. */
static void continue_send(struct http_connection *c, bool is_expected)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const struct iovec piece = {(void *)(uintptr_t)text, sizeof(text) - 1};

    if (is_expected && c->transport->ops->write(c->transport, &piece, 1) != sizeof(text) - 1)
        http_connection_close(c);
}

void http_intake_begin(struct http_connection *c)
{
    if (c->began_ms == 0)
        c->began_ms = clock_monotonic_ms();
}

static void body_begin(struct http_connection *c, const struct http_request *request,
                       struct span head, size_t body_max)
{
    const uint64_t size = request->has_length ? request->length : body_max;
    const int64_t request_ms = c->server->limits.request_ms + (int64_t)(size / HTTP_RATE_MIN);

    http_intake_begin(c);
    c->head = buf_init(HTTP_HEAD_SIZE_MAX);
    buf_put(&c->head, head);
    c->body = buf_init(body_max);
    c->is_chunked = request->is_chunked;
    c->chunked = (struct http_chunked){0};
    c->body_left = request->length;
    c->state = HTTP_AT_BODY;
    if (buf_status(&c->head) < 0)
        http_output_refuse(c, 503, false, "out of memory");
    else
        http_server_deadline(c, c->began_ms + request_ms);
}

static void head_handle(struct http_connection *c, struct span head, bool body_is_here)
{
    struct http_request *request = &c->server->request;
    const struct http_route *route;
    struct err err = {0};
    unsigned methods, status;
    bool has_body;

    c->keeps_alive = false;
    c->omits_body = false;
    status = http_request_parse(head, request, &err);
    if (status) {
        http_output_refuse(c, status, false, "%s", err.text);
        return;
    }
    has_body = request->is_chunked || (request->has_length && request->length > 0);
    c->keeps_alive = request->keeps_alive;
    c->omits_body = request->method == HTTP_HEAD;
    c->is_old = request->minor == 0;
    status = http_route_find(c->server->options.routes, request, &route, &methods);
    if (status)
        route_refuse(c, status, methods, !has_body);
    else if (!has_body)
        request_dispatch(c, route);
    else if (request->has_length && request->length > route->body_max)
        http_output_refuse(c, 413, false, "the body has %llu bytes, the limit is %zu",
                           (unsigned long long)request->length, route->body_max);
    else {
        body_begin(c, request, head, route->body_max);
        if (c->state == HTTP_AT_BODY)
            continue_send(c, request->expects_continue && !body_is_here);
    }
}

/* Return: false when the head is not complete. */
static bool head_take(struct http_connection *c, struct span *bytes)
{
    struct err err = {0};
    struct span head;
    size_t len = 0;
    int r = http_field_head_find(*bytes, &c->scanned, &len, &err);

    c->keeps_alive = c->omits_body = false;
    if (r == 0 && bytes->data[0] != '\r' && !http_field_is_token(span_sub(*bytes, 0, 1)))
        r = err_set(&err, -EBADMSG, "this is not HTTP; a TLS client needs another port");
    if (r < 0) {
        http_output_refuse(c, 400, false, "%s", err.text);
        return true;
    }
    if (len > HTTP_HEAD_SIZE_MAX || (r == 0 && bytes->len >= HTTP_HEAD_SIZE_MAX)) {
        const bool has_line = memchr(bytes->data, '\n', HTTP_HEAD_SIZE_MAX) != NULL;

        http_output_refuse(c, has_line ? 431 : 414, false, "the head is longer than %d bytes",
                           HTTP_HEAD_SIZE_MAX);
        return true;
    }
    if (r == 0)
        return false;
    head = span_sub(*bytes, 0, len);
    *bytes = span_from(*bytes, len);
    c->scanned = 0;
    head_handle(c, head, bytes->len > 0);
    return true;
}

/* The head was valid and routed when it came, so it is again. */
static void body_end(struct http_connection *c)
{
    struct http_request *request = &c->server->request;
    const struct http_route *route = NULL;
    unsigned methods;

    if (http_request_parse(buf_span(&c->head), request, NULL) ||
        http_route_find(c->server->options.routes, request, &route, &methods)) {
        http_output_refuse(c, 500, false, "the request cannot be read again");
        return;
    }
    request->body = buf_span(&c->body);
    request_dispatch(c, route);
}

/* Return: 1 when the body is complete, 0 when it is not, negative errno. */
static int body_feed(struct http_connection *c, struct span *bytes, struct err *err)
{
    struct span piece;

    if (c->is_chunked)
        return http_chunked_feed(&c->chunked, bytes, &c->body, err);
    piece = span_sub(*bytes, 0, (size_t)MIN(c->body_left, (uint64_t)bytes->len));
    buf_put(&c->body, piece);
    if (buf_status(&c->body) < 0)
        return err_set(err, buf_status(&c->body), "out of memory");
    *bytes = span_from(*bytes, piece.len);
    c->body_left -= piece.len;
    return c->body_left == 0;
}

static bool body_take(struct http_connection *c, struct span *bytes)
{
    struct err err = {0};
    int r = body_feed(c, bytes, &err);

    if (r == 1)
        body_end(c);
    else if (r < 0)
        http_output_refuse(c,
                           r == -EMSGSIZE ? 413
                           : r == -ENOMEM ? 503
                                          : 400,
                           false, "%s", err.text);
    return r != 0;
}

static void linger_take(struct http_connection *c, struct span *bytes)
{
    if (bytes->len >= c->linger_left) {
        http_connection_close(c);
        return;
    }
    c->linger_left -= bytes->len;
    *bytes = span_of(NULL, 0);
}

/* Takes requests until one is not complete or not answered. @bytes is advanced. */
void http_intake_process(struct http_connection *c, struct span *bytes)
{
    unsigned count = 0;

    while (bytes->len) {
        if (c->state == HTTP_AT_HEAD) {
            if (count++ == HTTP_BATCH_MAX) {
                c->has_backlog = true;
                return;
            }
            if (!head_take(c, bytes))
                return;
        } else if (c->state == HTTP_AT_BODY) {
            if (!body_take(c, bytes))
                return;
        } else {
            if (c->state == HTTP_AT_LINGER)
                linger_take(c, bytes);
            return;
        }
    }
}
