/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server owns what its connections share: the listening socket, the buffer that is read into,
 * one timer for all deadlines, one count of memory.
 *
 * Deadlines: a timer for each connection would cost every request two changes of libevent's heap.
 * Instead each connection keeps its own deadline, and the server's timer is armed for the earliest
 * that was ever set. When it fires, it walks all connections, ends those that are late and arms
 * itself for the earliest of the others. Requests only move deadlines later, so the timer fires
 * rarely: about once in the shortest limit, however many requests are served.
 *
 * Memory: connections report the sizes of their buffers when they leave the stack. Above memory_max
 * the listener closes others, the idle and slow ones first, until the rest fits. The one that
 * reports is never closed for its own report: a single large request or answer is legitimate, and
 * its size is bounded by its route or by HTTP_BODY_SIZE_MAX.
 */
#include "net/http/server.h"

#include <errno.h>

#include "base/clock.h"
#include "base/fd.h"
#include "net/http/server_internal.h"
#include "net/tcp_socket.h"

const struct http_limits http_server_limits_small = {
    .connections = {.connections_max = 256, .connections_per_peer = 64},
    .socket_buffer_size = 16 * 1024,
    .memory_max = 2 * 1024 * 1024,
    .request_ms = 10000,
    .answer_ms = 10000,
    .idle_ms = 60000,
};

/* Deadlines */

static void timer_set(struct http_server *server, int64_t at_ms)
{
    server->next_ms = at_ms;
    if (at_ms == INT64_MAX)
        loop_timer_disarm(server->timer);
    else
        loop_timer_arm(server->timer, MAX(at_ms - clock_monotonic_ms(), (int64_t)0));
}

void http_server_deadline(struct http_connection *c, int64_t at_ms)
{
    c->deadline_ms = at_ms;
    if (at_ms < c->server->next_ms)
        timer_set(c->server, at_ms);
}

/* Expiring one connection may close others, so each step starts at the list's head. */
static bool late_expire(struct http_server *server, int64_t now_ms)
{
    for (struct listener_entry *e = listener_first(server->listener); e; e = e->next) {
        struct http_connection *c = http_connection_of(e);

        if (c->deadline_ms <= now_ms) {
            c->deadline_ms = INT64_MAX;
            http_connection_expire(c);
            return true;
        }
    }
    return false;
}

static void on_timer(void *userdata)
{
    struct http_server *server = userdata;
    int64_t next_ms = INT64_MAX;

    while (late_expire(server, clock_monotonic_ms()))
        continue;
    for (struct listener_entry *e = listener_first(server->listener); e; e = e->next)
        next_ms = MIN(next_ms, http_connection_of(e)->deadline_ms);
    timer_set(server, next_ms);
}

/* Backlogs */

void http_server_kick(struct http_connection *c)
{
    loop_timer_arm(c->server->kick, 0);
}

static struct http_connection *backlog_next(const struct http_server *server)
{
    for (struct listener_entry *e = listener_first(server->listener); e; e = e->next) {
        struct http_connection *c = http_connection_of(e);

        if (c->has_backlog && c->kick_round != server->kick_round)
            return c;
    }
    return NULL;
}

static void on_kick(void *userdata)
{
    struct http_server *server = userdata;
    struct http_connection *c;

    server->kick_round++;
    while ((c = backlog_next(server))) {
        c->kick_round = server->kick_round;
        http_connection_resume(c);
    }
}

/* Memory */

static size_t connection_size(const struct http_connection *c)
{
    if (c->state == HTTP_AT_END)
        return 0;
    return c->in.size + c->head.size + c->body.size + c->out.size + c->out_body.size +
           c->exchange.body.size + c->exchange.fields.size;
}

void http_server_account(struct http_connection *c)
{
    struct http_server *server = c->server;
    const size_t size = connection_size(c);

    server->memory = server->memory - c->kept + size;
    c->kept = size;
    if (c->state == HTTP_AT_END)
        return;
    while (server->memory > server->limits.memory_max && server->memory > c->kept &&
           listener_shed(server->listener, &c->entry))
        server->counters.shed++;
}

const char *http_server_date(struct http_server *server)
{
    const int64_t now_s = clock_unix_s();

    if (now_s != server->date_s || !server->date[0])
        http_answer_date_render(now_s, server->date);
    server->date_s = now_s;
    return server->date;
}

/* Connections */

static void on_accepted(void *owner, int fd, const struct listener_peer *peer)
{
    if (http_connection_new(owner, fd, peer, NULL) < 0)
        fd_close(fd);
}

static void on_shed(struct listener_entry *entry)
{
    http_connection_close(http_connection_of(entry));
}

static const struct listener_ops listener_ops = {.accepted = on_accepted, .shed = on_shed};

int http_server_adopt(struct http_server *server, int fd, struct err *err)
{
    return http_connection_new(server, fd, NULL, err);
}

static int server_listen(struct http_server *server, struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    int r = 0;

    if (server->options.address)
        r = tcp_socket_listen(server->options.address, server->limits.socket_buffer_size, &fd, err);
    server->options.address = NULL;
    if (r == 0)
        r = listener_new(server->loop, fd, &server->limits.connections, &listener_ops, server,
                         &server->listener, err);
    if (r == 0)
        (void)TAKE_FD(fd);
    return r;
}

int http_server_new(struct loop *loop, const struct http_server_options *options,
                    struct http_server **ret, struct err *err)
{
    struct http_server *server = calloc(1, sizeof(*server));
    int r;

    if (!server)
        return err_set(err, -ENOMEM, "HTTP server");
    server->loop = loop;
    server->options = *options;
    server->limits = options->limits ? *options->limits : http_server_limits_small;
    server->next_ms = INT64_MAX;
    server->out = buf_init(HTTP_ANSWER_HEAD_MAX);
    r = loop_timer_new(loop, on_timer, server, &server->timer, err);
    if (r == 0)
        r = loop_timer_new(loop, on_kick, server, &server->kick, err);
    if (r == 0)
        r = server_listen(server, err);
    if (r < 0) {
        http_server_free(server);
        return r;
    }
    *ret = server;
    return 0;
}

void http_server_free(struct http_server *server)
{
    struct listener_entry *entry;

    if (!server)
        return;
    while (server->listener && (entry = listener_first(server->listener)))
        http_connection_close(http_connection_of(entry));
    listener_free(server->listener);
    loop_timer_free(server->timer);
    loop_timer_free(server->kick);
    buf_done(&server->out);
    free(server);
}

unsigned http_server_port(const struct http_server *server)
{
    return tcp_socket_port(listener_fd(server->listener));
}

unsigned http_server_connections(const struct http_server *server)
{
    return listener_count(server->listener);
}

size_t http_server_memory(const struct http_server *server)
{
    return server->memory;
}

struct http_counters http_server_counters(const struct http_server *server)
{
    return server->counters;
}

struct listener_counters http_server_listener_counters(const struct http_server *server)
{
    return listener_counters(server->listener);
}
