/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket and the connections of a gRPC server. Each accepted socket becomes one h2 session;
 * what arrives on it is the business of receive.c, and answers are made in call.c.
 *
 * One timer a connection covers everything that a peer has to send: first its preface and SETTINGS,
 * then the rest of the oldest request that it began. The time of a request is counted from its
 * beginning, so beginning others does not extend it. A connection without an unfinished request may
 * stay silent for ever, as the kubelet's do.
 *
 * The listener bounds the connections. One with a call that we have to answer, such as the stream
 * of the device list, is never closed for another; one without a call is the first to go, and its
 * client connects again when it needs to.
 *
 * A unix socket is a file, and the file can be replaced or removed while we listen: a kubelet that
 * starts deletes every socket in its directory. The server remembers the inode that it bound
 * (grpc_server_is_bound()), the plugin compares it now and then, and grpc_server_free() removes the
 * file only when it is still the same one, because a newer instance may have put its own there.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "net/grpc/server_internal.h"

void grpc_connection_report(struct grpc_connection *c, const char *why)
{
    if (!c->is_reported && c->server->fault)
        c->server->fault(c->server->service, why);
    c->is_reported = true;
}

/* When the oldest request that is arriving must be whole; INT64_MAX without one. */
static int64_t arrival_due_ms(const struct grpc_connection *c)
{
    int64_t due_ms = INT64_MAX;

    for (const struct grpc_call *call = c->calls; call; call = call->next)
        if (call->is_arriving)
            due_ms = MIN(due_ms, call->began_ms + GRPC_REQUEST_TIMEOUT_MS);
    return due_ms;
}

static enum listener_rank connection_rank(const struct grpc_connection *c)
{
    for (const struct grpc_call *call = c->calls; call; call = call->next)
        if (!call->is_arriving)
            return LISTENER_BUSY;
    return c->has_settings && !c->calls ? LISTENER_SPARE : LISTENER_SLOW;
}

void grpc_connection_update(struct grpc_connection *c)
{
    const int64_t due_ms = arrival_due_ms(c);

    listener_rank(&c->entry, connection_rank(c));
    if (c->has_settings && due_ms != INT64_MAX)
        loop_timer_arm(c->deadline, MAX(due_ms - clock_monotonic_ms(), (int64_t)0));
    else if (c->has_settings)
        loop_timer_disarm(c->deadline);
}

static void on_deadline(void *userdata)
{
    struct grpc_connection *c = userdata;

    grpc_connection_report(c, c->has_settings ? "a request did not arrive in time"
                                              : "no HTTP/2 preface in time");
    h2_close(&c->h2);
}

/* A peer may end its connection between requests, and also before it has sent anything: another
 * instance of us finds out whether a socket is served by connecting to it. */
static void connection_lost(void *owner, const char *why)
{
    struct grpc_connection *c = owner;

    if (c->arriving > 0 || (c->h2.has_input && !c->has_settings))
        grpc_connection_report(c, why);
}

static void connection_destroy(void *owner)
{
    struct grpc_connection *c = owner;

    while (c->calls)
        grpc_call_free(c->calls);
    listener_remove(&c->entry);
    loop_timer_free(c->deadline);
    free(c);
}

static const struct h2_ops connection_ops = {.lost = connection_lost,
                                             .destroy = connection_destroy};

static struct grpc_connection *connection_of(struct listener_entry *entry)
{
    return (struct grpc_connection *)((uint8_t *)entry - offsetof(struct grpc_connection, entry));
}

static void on_shed(struct listener_entry *entry)
{
    h2_close(&connection_of(entry)->h2);
}

static void on_accepted(void *owner, int fd, const struct listener_peer *peer)
{
    struct grpc_server *server = owner;
    struct grpc_connection *c = calloc(1, sizeof(*c));
    const struct h2_setup setup = {
        .loop = server->loop,
        .is_server = true,
        .callbacks = server->callbacks,
        .ops = &connection_ops,
        .owner = c,
    };

    if (!c || loop_timer_new(server->loop, on_deadline, c, &c->deadline, NULL) < 0) {
        free(c);
        fd_close(fd);
        return;
    }
    c->server = server;
    if (h2_start(&c->h2, fd, &setup, NULL) < 0) {
        loop_timer_free(c->deadline);
        free(c);
        return;
    }
    loop_timer_arm(c->deadline, GRPC_HANDSHAKE_TIMEOUT_MS);
    listener_add(server->listener, &c->entry, peer);
}

static const struct listener_ops listener_ops = {.accepted = on_accepted, .shed = on_shed};

static int server_listen(struct grpc_server *server, const char *path, struct err *err)
{
    static const struct listener_limits limits = {
        .connections_max = GRPC_CONNECTIONS_MAX,
        .connections_per_peer = GRPC_CONNECTIONS_PER_PEER,
        .may_use_reserve = true, /* it is for the kubelet */
    };
    CLEANUP(fd_closep) int fd = -1;
    int r = unix_socket_listen(SOCK_STREAM, path, 0600, &fd, err);

    if (r < 0)
        return r;
    snprintf(server->path, sizeof(server->path), "%s", path);
    if (lstat(path, &server->identity) < 0)
        return err_errno(err, "%s", path);
    r = listener_new(server->loop, fd, &limits, &listener_ops, server, &server->listener, err);
    if (r == 0)
        (void)TAKE_FD(fd);
    return r;
}

int grpc_server_new(struct loop *loop, const char *path, const struct grpc_method *methods,
                    void *service, struct grpc_server **ret, struct err *err)
{
    struct grpc_server *server = calloc(1, sizeof(*server));
    int r;

    if (!server)
        return err_set(err, -ENOMEM, "gRPC server");
    server->loop = loop;
    server->methods = methods;
    server->service = service;
    server->callbacks = grpc_receive_callbacks_new();
    r = server->callbacks ? server_listen(server, path, err) : err_set(err, -ENOMEM, "gRPC server");
    if (r < 0) {
        grpc_server_free(server);
        return r;
    }
    *ret = server;
    return 0;
}

bool grpc_server_is_bound(const struct grpc_server *server)
{
    struct stat now;

    return server->path[0] && lstat(server->path, &now) == 0 &&
           now.st_ino == server->identity.st_ino && now.st_dev == server->identity.st_dev;
}

void grpc_server_on_fault(struct grpc_server *server, void (*fault)(void *service, const char *why))
{
    server->fault = fault;
}

void grpc_server_free(struct grpc_server *server)
{
    struct listener_entry *entry;

    if (!server)
        return;
    while (server->listener && (entry = listener_first(server->listener)))
        h2_close(&connection_of(entry)->h2);
    listener_free(server->listener);
    if (grpc_server_is_bound(server))
        unlink(server->path);
    nghttp2_session_callbacks_del(server->callbacks);
    free(server);
}
