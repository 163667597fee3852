/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection is a round of five states: a head arrives, perhaps a body, a handler has the
 * request, the answer leaves, and the next head arrives. There is one request at a time. Requests
 * that a peer sends ahead (pipelining) wait in our buffer or, mostly, in its own: nothing is read
 * while an answer is being made or is leaving, so a peer that does not read its answers stops
 * itself, and what it can make us keep is one answer and HTTP_READ_SIZE bytes of requests.
 *
 * Bytes are read into a buffer that all connections share (server->scratch), after those of an
 * unfinished head that were kept from the last read. Most requests come whole, are parsed there,
 * are answered from there, and leave nothing: an idle connection keeps no buffer. What is left
 * after the requests were taken goes to c->in.
 *
 * Each connection that never pauses could keep the loop for itself. After HTTP_BATCH_MAX requests
 * it gives way: the rest of its bytes is a backlog, and a timer of zero delay goes on with it in
 * the next turn (http_server_kick()).
 *
 * Freeing: a function of the connection counts itself in c->busy, a handler that has not answered
 * is c->exchange.is_pending. http_connection_close() releases everything but the struct, and the
 * last of these users frees it.
 */
#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "net/http/server_internal.h"

struct http_connection *http_connection_of(struct listener_entry *entry)
{
    return (struct http_connection *)((uint8_t *)entry - offsetof(struct http_connection, entry));
}

static void connection_free_unused(struct http_connection *c)
{
    if (c->state == HTTP_AT_END && c->busy == 0 && !c->exchange.is_pending)
        free(c);
}

void http_connection_close(struct http_connection *c)
{
    if (c->state == HTTP_AT_END)
        return;
    c->state = HTTP_AT_END;
    loop_watch_free(c->watch);
    c->transport->ops->close(c->transport);
    buf_done(&c->in);
    http_intake_forget(c);
    http_output_forget(c);
    if (!c->exchange.is_pending)
        http_exchange_reset(&c->exchange);
    http_server_account(c);
    listener_remove(&c->entry);
    c->server = NULL;
    connection_free_unused(c);
}

/* The event that the connection waits for in its present state. */
static unsigned wanted_events(const struct http_connection *c)
{
    if (c->state == HTTP_AT_HANDLER || c->has_backlog)
        return LOOP_NOTHING;
    return c->transport->wants_write ? LOOP_WRITE : LOOP_READ;
}

static enum listener_rank current_rank(const struct http_connection *c)
{
    if (c->state == HTTP_AT_HANDLER)
        return LISTENER_BUSY;
    if (c->state == HTTP_AT_LINGER || (c->state == HTTP_AT_HEAD && c->began_ms == 0))
        return LISTENER_SPARE;
    return LISTENER_SLOW;
}

void http_connection_enter(struct http_connection *c)
{
    c->busy++;
}

/* A peer that sends nothing more, in a state that waits for it. */
static bool connection_is_over(const struct http_connection *c)
{
    return c->has_ended && !c->has_backlog && c->state != HTTP_AT_HANDLER &&
           c->state != HTTP_AT_ANSWER;
}

void http_connection_leave(struct http_connection *c)
{
    if (c->busy == 1 && c->state != HTTP_AT_END) {
        listener_rank(&c->entry, current_rank(c));
        http_server_account(c);
        if (c->has_backlog)
            http_server_kick(c);
        if (connection_is_over(c) || loop_watch_want(c->watch, wanted_events(c)) < 0)
            http_connection_close(c);
    }
    c->busy--;
    connection_free_unused(c);
}

/* Keeps what was not taken. With the first byte of a request its time begins. */
static void input_keep(struct http_connection *c, struct span rest)
{
    buf_put(&c->in, rest);
    if (buf_status(&c->in) < 0) {
        http_connection_close(c);
        return;
    }
    if (c->in.len == 0)
        buf_done(&c->in);
    else if (c->state == HTTP_AT_HEAD && !c->has_backlog && c->began_ms == 0) {
        http_intake_begin(c);
        http_server_deadline(c, c->began_ms + c->server->limits.request_ms);
    }
}

/* Return: bytes that were read after @kept bytes of the scratch buffer; negative errno. */
static ssize_t input_read(struct http_connection *c, size_t kept)
{
    struct http_server *server = c->server;
    ssize_t n;

    if (c->has_ended || kept > HTTP_HEAD_SIZE_MAX)
        return -EAGAIN;
    c->transport->wants_write = false;
    n = c->transport->ops->read(c->transport, server->scratch + kept, HTTP_READ_SIZE);
    if (n == 0)
        c->has_ended = true;
    return n;
}

static void input_take(struct http_connection *c)
{
    uint8_t *scratch = c->server->scratch;
    const size_t kept = c->in.len;
    const bool had_backlog = c->has_backlog;
    struct span bytes;
    ssize_t n;

    n = input_read(c, kept);
    if (n == -EAGAIN && !had_backlog)
        return;
    if (n < 0 && n != -EAGAIN) {
        http_connection_close(c);
        return;
    }
    if (kept)
        memcpy(scratch, c->in.data, kept);
    buf_clear(&c->in);
    c->has_backlog = false;
    bytes = span_of(scratch, kept + (size_t)MAX(n, (ssize_t)0));
    http_intake_process(c, &bytes);
    if (c->state == HTTP_AT_END)
        return;
    if (c->transport->has_more && c->state != HTTP_AT_HANDLER && c->state != HTTP_AT_ANSWER)
        c->has_backlog = true;
    input_keep(c, bytes);
}

void http_connection_resume(struct http_connection *c)
{
    http_connection_enter(c);
    if (c->state == HTTP_AT_ANSWER)
        http_output_flush(c);
    if (c->state == HTTP_AT_HEAD || c->state == HTTP_AT_BODY || c->state == HTTP_AT_LINGER)
        input_take(c);
    http_connection_leave(c);
}

static void on_ready(void *userdata)
{
    http_connection_resume(userdata);
}

void http_connection_expire(struct http_connection *c)
{
    const bool is_idle = c->state == HTTP_AT_HEAD && c->in.len == 0;

    http_connection_enter(c);
    if (c->began_ms)
        c->server->counters.expired++;
    if (c->state == HTTP_AT_BODY || (c->state == HTTP_AT_HEAD && !is_idle)) {
        c->omits_body = false;
        http_output_refuse(c, 408, false, "the request did not arrive within %lld ms",
                           (long long)c->server->limits.request_ms);
    } else {
        http_connection_close(c);
    }
    http_connection_leave(c);
}

int http_connection_new(struct http_server *server, int fd, const struct listener_peer *peer,
                        struct err *err)
{
    const struct transport_source *source = server->options.transport;
    struct http_connection *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return err_set(err, -ENOMEM, "HTTP connection");
    c->server = server;
    c->in = buf_init(sizeof(server->scratch));
    c->out = buf_init(HTTP_ANSWER_HEAD_MAX);
    c->exchange.connection = c;
    http_exchange_reset(&c->exchange);
    r = loop_watch_fd(server->loop, fd, on_ready, c, &c->watch, err);
    if (r == 0)
        r = source ? source->accept(source->context, fd, &c->transport, err)
                   : transport_plain_accept(NULL, fd, &c->transport, err);
    if (r < 0) {
        loop_watch_free(c->watch);
        free(c);
        return r;
    }
    listener_add(server->listener, &c->entry, peer);
    http_intake_begin(c); /* the time of the first request begins with the connection */
    http_server_deadline(c, c->began_ms + server->limits.request_ms);
    http_connection_resume(c); /* the request has often arrived with the connection */
    return 0;
}
