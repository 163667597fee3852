/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending one answer. It has two pieces: a head that is rendered now, and the body that the handler
 * wrote or a prebuilt buffer with the remaining fields and the body. Both go to the socket by one
 * system call, and nearly always that is the end of it. Otherwise the pieces stay where they are,
 * and c->sent counts across both.
 *
 * The buffer of the head is borrowed from the server and given back (http_output_forget()), so that
 * an answer that leaves at once allocates nothing.
 *
 * Closing a socket whose input was not read sends a reset, and the reset overtakes the answer that
 * says why. So a peer whose connection ends is lingered with: we say that nothing follows, and read
 * and drop for HTTP_LINGER_MS or HTTP_LINGER_SIZE_MAX bytes. RFC 9112 section 9.6 recommends that.
 */
#include <assert.h>
#include <errno.h>

#include "base/clock.h"
#include "net/http/server_internal.h"

void http_output_forget(struct http_connection *c)
{
    struct buf *spare = &c->server->out;

    if (!spare->data && c->out.size <= HTTP_ANSWER_HEAD_MAX) {
        *spare = c->out;
        c->out = buf_init(HTTP_ANSWER_HEAD_MAX);
    }
    buf_done(&c->out);
    buf_done(&c->out_body);
    c->prebuilt = http_prebuilt_unref(c->prebuilt);
    c->sent = 0;
}

static void linger_begin(struct http_connection *c)
{
    c->transport->ops->end(c->transport);
    c->state = HTTP_AT_LINGER;
    c->linger_left = HTTP_LINGER_SIZE_MAX;
    c->has_backlog = false;
    buf_done(&c->in);
    http_server_deadline(c, clock_monotonic_ms() + HTTP_LINGER_MS);
}

/* The answer has left. */
static void answer_end(struct http_connection *c)
{
    http_output_forget(c);
    c->transport->wants_write = false;
    if (!c->keeps_alive) {
        linger_begin(c);
        return;
    }
    c->state = HTTP_AT_HEAD;
    c->began_ms = 0;
    c->has_backlog = c->in.len > 0 || c->transport->has_more;
    http_server_deadline(c, clock_monotonic_ms() + c->server->limits.idle_ms);
}

static struct span output_tail(const struct http_connection *c)
{
    if (!c->prebuilt)
        return buf_span(&c->out_body);
    return span_of(c->prebuilt->bytes, c->omits_body ? c->prebuilt->fields_len : c->prebuilt->len);
}

static int output_pieces(const struct http_connection *c, struct iovec pieces[static 2])
{
    const struct span parts[2] = {buf_span(&c->out), output_tail(c)};
    size_t skip = c->sent;
    int count = 0;

    for (int i = 0; i < 2; i++) {
        const struct span left = span_from(parts[i], MIN(skip, parts[i].len));

        skip -= MIN(skip, parts[i].len);
        if (left.len)
            pieces[count++] = (struct iovec){(void *)(uintptr_t)left.data, left.len};
    }
    return count;
}

void http_output_flush(struct http_connection *c)
{
    struct iovec pieces[2];
    int count;

    while ((count = output_pieces(c, pieces)) > 0) {
        ssize_t n = c->transport->ops->write(c->transport, pieces, count);

        if (n == -EAGAIN)
            return;
        if (n <= 0) {
            http_connection_close(c);
            return;
        }
        c->sent += (size_t)n;
    }
    answer_end(c);
}

static void head_render(struct http_connection *c, unsigned status, struct http_prebuilt *prebuilt)
{
    struct http_exchange *x = &c->exchange;
    struct buf *out = &c->out;

    buf_printf(out, "HTTP/1.1 %u %s\r\nDate: %s\r\n", status, http_answer_status_text(status),
               http_server_date(c->server));
    buf_put(out, buf_span(&x->fields));
    if (!c->keeps_alive)
        buf_put_str(out, "Connection: close\r\n");
    else if (c->is_old)
        buf_put_str(out, "Connection: keep-alive\r\n");
    if (prebuilt)
        return;
    if (http_answer_has_body(status))
        buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", x->content_type,
                   x->body.len);
    buf_put_str(out, "\r\n");
}

static void answer_start(struct http_connection *c, unsigned status, struct http_prebuilt *prebuilt)
{
    struct http_exchange *x = &c->exchange;
    int64_t answer_ms;

    http_intake_forget(c);
    c->state = HTTP_AT_ANSWER;
    c->out = c->server->out; /* its allocation; http_output_forget() gives it back */
    c->server->out = buf_init(HTTP_ANSWER_HEAD_MAX);
    buf_clear(&c->out);
    head_render(c, status, prebuilt);
    if (buf_status(&c->out) < 0) {
        http_connection_close(c);
        return;
    }
    if (prebuilt) {
        c->prebuilt = http_prebuilt_ref(prebuilt);
    } else if (!c->omits_body && http_answer_has_body(status)) {
        c->out_body = x->body;
        x->body = buf_init(HTTP_BODY_SIZE_MAX);
    }
    http_exchange_reset(x);
    answer_ms = c->server->limits.answer_ms + (int64_t)output_tail(c).len / HTTP_RATE_MIN;
    http_server_deadline(c, clock_monotonic_ms() + answer_ms);
    http_output_flush(c);
}

void http_output_answer(struct http_connection *c, unsigned status, struct http_prebuilt *prebuilt)
{
    struct http_exchange *x = &c->exchange;

    assert(x->is_pending);
    x->is_pending = false;
    http_connection_enter(c);
    if (c->state == HTTP_AT_END) {
        http_exchange_reset(x);
    } else {
        if (buf_status(&x->body) < 0 || buf_status(&x->fields) < 0) {
            http_exchange_reset(x);
            buf_put_str(&x->body, "the answer does not fit into memory\n");
            status = 500;
            prebuilt = NULL;
        }
        answer_start(c, status, prebuilt);
    }
    http_connection_leave(c);
}

void http_output_refuse(struct http_connection *c, unsigned status, bool keeps, const char *format,
                        ...)
{
    va_list args;

    c->server->counters.refused++;
    c->keeps_alive = c->keeps_alive && keeps;
    c->exchange.is_pending = true;
    va_start(args, format);
    buf_vprintf(&c->exchange.body, format, args);
    va_end(args);
    buf_put_str(&c->exchange.body, "\n");
    http_exchange_send(&c->exchange, status);
}
