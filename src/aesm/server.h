/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/server.h: the sockets of the quote service. One request a connection; whoever is slow, sends
 * too much or nothing, or goes away costs a bounded buffer for a bounded time.
 */
#ifndef COFFER_AESM_SERVER_H
#define COFFER_AESM_SERVER_H

#include "aesm/service.h"

enum {
    AESM_SERVER_CONNECTIONS_MAX = 1024, /* open at once; then the oldest unfinished one gives way */
    AESM_SERVER_ACCEPTS_A_TURN = 32,
    AESM_SERVER_REQUEST_MS = 5000, /* a request must be here this long after the connection */
};

struct aesm_server; /* opaque */

struct aesm_server_options {
    const char *path;           /* of the socket */
    const char *containers_dir; /* a socket in each of its directories; NULL: none */
    bool abstract;              /* listen on AESM_LISTEN_ABSTRACT_NAME as well */
    const char *proc;           /* "/proc" */
    int64_t request_ms;         /* AESM_SERVER_REQUEST_MS */
    bool take_over;             /* put the socket in the place of one that is served now */
    unsigned connections;       /* AESM_SERVER_CONNECTIONS_MAX */
};

/**
 * aesm_server_new() - listen; everything is borrowed and outlives the server, but for @options'
 * strings Return: 0; -EADDRINUSE when somebody serves the socket; another errno.
 */
NODISCARD int aesm_server_new(const struct aesm_server_options *options,
                              struct aesm_service *service, struct loop *loop,
                              struct aesm_metrics *metrics, struct aesm_server **ret,
                              struct err *err);

/** aesm_server_drain() - answer the clients that are connected, as far as their requests have
 * arrived; then free */
void aesm_server_drain(struct aesm_server *s);

/** aesm_server_free() - close every connection; the socket's file stays for the next process to
 * replace
 */
void aesm_server_free(struct aesm_server *s);
void aesm_server_freep(struct aesm_server **s);

/** aesm_server_connections() - open now */
unsigned aesm_server_connections(const struct aesm_server *s);

#endif
