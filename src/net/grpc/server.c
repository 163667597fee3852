/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket and the connections of a gRPC server. Each accepted socket becomes one h2 session;
 * what arrives on it is the business of receive.c, and answers are made in call.c.
 *
 * One timer a connection covers everything that a peer has to send: first its preface and SETTINGS,
 * then the rest of each request that it began. A connection without an unfinished request may stay
 * silent for ever, as the kubelet's do.
 *
 * A unix socket is a file, and the file can be replaced or removed while we listen: a kubelet that
 * starts deletes every socket in its directory. The server remembers the inode that it bound
 * (grpc_server_is_bound()), the plugin compares it now and then, and grpc_server_free() removes the
 * file only when it is still the same one, because a newer instance may have put its own there.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/grpc/server_internal.h"

void grpc_connection_report(struct grpc_connection *c, const char *why)
{
    if (!c->is_reported && c->server->fault)
        c->server->fault(c->server->service, why);
    c->is_reported = true;
}

void grpc_connection_deadline(struct grpc_connection *c)
{
    if (c->has_settings && c->arriving > 0)
        loop_timer_arm(c->deadline, GRPC_REQUEST_TIMEOUT_MS);
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
    struct grpc_connection **at = &c->server->connections;

    while (c->calls)
        grpc_call_free(c->calls);
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    c->server->connection_count--;
    loop_timer_free(c->deadline);
    free(c);
}

static const struct h2_ops connection_ops = {.lost = connection_lost,
                                             .destroy = connection_destroy};

static void connection_add(struct grpc_server *server, int fd)
{
    struct grpc_connection *c = calloc(1, sizeof(*c));
    const struct h2_setup setup = {
        .loop = server->loop,
        .is_server = true,
        .callbacks = server->callbacks,
        .ops = &connection_ops,
        .owner = c,
    };

    if (!c || server->connection_count >= GRPC_CONNECTIONS_MAX ||
        loop_timer_new(server->loop, on_deadline, c, &c->deadline, NULL) < 0) {
        free(c);
        close(fd);
        return;
    }
    c->server = server;
    if (h2_start(&c->h2, fd, &setup, NULL) < 0) {
        loop_timer_free(c->deadline);
        free(c);
        return;
    }
    loop_timer_arm(c->deadline, GRPC_HANDSHAKE_TIMEOUT_MS);
    c->next = server->connections;
    server->connections = c;
    server->connection_count++;
}

static void on_connection(void *userdata)
{
    struct grpc_server *server = userdata;
    int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0)
        connection_add(server, fd);
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
    server->fd = -1;
    server->callbacks = grpc_receive_callbacks_new();
    r = server->callbacks ? 0 : err_set(err, -ENOMEM, "gRPC server");
    if (r == 0)
        r = unix_socket_listen(SOCK_STREAM, path, 0600, &server->fd, err);
    if (r == 0) {
        snprintf(server->path, sizeof(server->path), "%s", path);
        r = lstat(path, &server->identity) < 0 ? err_errno(err, "%s", path) : 0;
    }
    if (r == 0)
        r = loop_watch_fd(loop, server->fd, on_connection, server, &server->watch, err);
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
    if (!server)
        return;
    while (server->connections)
        h2_close(&server->connections->h2);
    loop_watch_free(server->watch);
    if (grpc_server_is_bound(server))
        unlink(server->path);
    fd_close(server->fd);
    nghttp2_session_callbacks_del(server->callbacks);
    free(server);
}
