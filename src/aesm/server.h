/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/server.h: the sockets of the quote service. One request a connection; whoever is slow, sends
 * too much or nothing, or goes away costs a bounded buffer for a bounded time.
 */
#ifndef COFFER_AESM_SERVER_H
#define COFFER_AESM_SERVER_H

#include "aesm/service.h"

enum {
    SERVER_CONNECTIONS_MAX = 1024, /* open at once; then the oldest unfinished one gives way */
    SERVER_BACKLOG = 512,          /* connections that wait to be accepted */
    SERVER_ACCEPTS_A_TURN = 32,
    SERVER_REQUEST_MS = 5000, /* a request must be here this long after the connection */
};

/** The abstract name that Gramine and Fortanix's client try; NUL-padded to the whole address. */
#define SERVER_ABSTRACT_NAME "sgx_aesm_socket_base"

struct server; /* opaque */

struct server_options {
    const char *path;     /* of the socket */
    bool abstract;        /* listen on SERVER_ABSTRACT_NAME as well */
    const char *proc;     /* "/proc" */
    int64_t request_ms;   /* SERVER_REQUEST_MS */
    bool take_over;       /* put the socket in the place of one that is served now */
    unsigned connections; /* SERVER_CONNECTIONS_MAX */
};

/**
 * server_new() - listen; everything is borrowed and outlives the server, but for @options' strings
 * Return: 0; -EADDRINUSE when somebody serves the socket; another errno.
 */
NODISCARD int server_new(const struct server_options *options, struct service *service,
                         struct loop *loop, struct metrics *metrics, struct server **ret,
                         struct err *err);

/** server_drain() - answer who has already connected, as far as the request is there; then free */
void server_drain(struct server *s);

/** server_free() - close every connection; the socket's file stays for the next process to replace
 */
void server_free(struct server *s);
void server_freep(struct server **s);

/** server_connections() - open now */
unsigned server_connections(const struct server *s);

#endif
