/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http/server.h: an HTTP/1.1 server on the loop (RFC 9110, RFC 9112), over plain sockets or any
 * other transport. Requests are parsed strictly, bodies are collected whole within their route's
 * limit, and answers may come later (net/http/exchange.h).
 *
 * The resources that peers can take are bounded in every direction, see struct http_limits:
 * connections, memory, and time in all, not time without a byte. A peer that sends requests and
 * does not read the answers is not read from any more; its next request is looked at when the last
 * answer has left.
 */
#ifndef COFFER_NET_HTTP_SERVER_H
#define COFFER_NET_HTTP_SERVER_H

#include "base/transport.h"
#include "net/http/exchange.h"
#include "net/http/route.h"
#include "net/listener.h"
#include "net/loop.h"

enum {
    HTTP_HEAD_SIZE_MAX = 8 * 1024,     /* bytes of a request's head */
    HTTP_READ_SIZE = 16 * 1024,        /* bytes asked of one read */
    HTTP_BATCH_MAX = 16,               /* requests of one connection in one turn of the loop */
    HTTP_LINGER_MS = 2000,             /* to let a refused peer read why */
    HTTP_LINGER_SIZE_MAX = 256 * 1024, /* bytes that such a peer may still send */
    HTTP_RATE_MIN = 16, /* bytes a millisecond by which large bodies extend a deadline */
};

/** struct http_limits - what all peers together, and each one, can take */
struct http_limits {
    struct listener_limits connections;
    int socket_buffer_size; /* bytes that the kernel keeps of each direction of a connection */
    size_t memory_max;      /* bytes that connections keep of requests and answers; above it the
                               slowest are closed. One request or answer may exceed it. */
    int64_t request_ms;     /* for a request to arrive, from its first byte or from accept() */
    int64_t answer_ms;      /* for the peer to take an answer */
    int64_t idle_ms;        /* between two requests */
};

/** http_server_limits_small - for metrics and probes: 256 connections, 64 a peer, 2 MiB, 10 s, 10
 * s, 60 s
 */
extern const struct http_limits http_server_limits_small;

/** struct http_server_options - all borrowed for the server's life, but for @address */
struct http_server_options {
    const char *address; /* "HOST:PORT" with a numeric host, "[::]:9808"; port 0 chooses one;
                            NULL: no socket, connections come by http_server_adopt() */
    const struct http_route *routes;
    void *userdata;                           /* of the routes' handlers */
    const struct http_limits *limits;         /* NULL: http_server_limits_small */
    const struct transport_source *transport; /* NULL: plain sockets */
};

/** struct http_counters - since the start */
struct http_counters {
    uint64_t requests; /* that a handler was called for */
    uint64_t refused;  /* answered 4xx or 5xx before a handler */
    uint64_t expired;  /* connections closed at a deadline, idle ones not counted */
    uint64_t shed;     /* connections closed for want of memory */
};

struct http_server; /* opaque */

/**
 * http_server_new() - serve
 * Return: 0; -EINVAL for an address that cannot be; -EADDRINUSE; negative errno.
 */
NODISCARD int http_server_new(struct loop *loop, const struct http_server_options *options,
                              struct http_server **ret, struct err *err);

/** http_server_free() - close every connection; never inside a handler. Handlers that have not
 *  answered still must, and their answers are dropped. */
void http_server_free(struct http_server *server);

/** http_server_adopt() - serve a connected, non-blocking socket as if it had been accepted
 *  Return: 0, and @fd is the server's; -ENOMEM. */
NODISCARD int http_server_adopt(struct http_server *server, int fd, struct err *err);

/** http_server_port() - the port that is bound */
unsigned http_server_port(const struct http_server *server);

/** http_server_connections() - how many there are now */
unsigned http_server_connections(const struct http_server *server);

/** http_server_memory() - bytes that connections keep now */
size_t http_server_memory(const struct http_server *server);

struct http_counters http_server_counters(const struct http_server *server);
struct listener_counters http_server_listener_counters(const struct http_server *server);

#endif
