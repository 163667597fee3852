/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/grpc/server.h: a gRPC server on one unix socket (gRPC over HTTP/2, PROTOCOL-HTTP2.md).
 * Requests are collected whole, within limits for each and for all; grpc/call.h says how they are
 * answered.
 */
#ifndef COFFER_NET_GRPC_SERVER_H
#define COFFER_NET_GRPC_SERVER_H

#include "base/err.h"
#include "net/grpc/call.h"
#include "net/loop.h"

enum {
    GRPC_REQUEST_SIZE_MAX = 6 * 1024 * 1024,  /* bytes of one request message */
    GRPC_PENDING_SIZE_MAX = 16 * 1024 * 1024, /* bytes of all requests that are arriving */
    GRPC_CONNECTIONS_MAX = 16,                /* see net/listener.h for which one goes */
    GRPC_CONNECTIONS_PER_PEER = 12,           /* of one process */
    GRPC_HANDSHAKE_TIMEOUT_MS = 10000,        /* for a peer's preface and SETTINGS */
    GRPC_REQUEST_TIMEOUT_MS = 30000, /* for a request to arrive whole, from its first byte */
};

struct grpc_server; /* opaque */

/** struct grpc_method - a table ends with an all-zero row */
struct grpc_method {
    const char *path; /* "/v1beta1.DevicePlugin/Allocate" */
    void (*start)(void *service, struct grpc_call *call, struct span request);
};

/**
 * grpc_server_new() - listen on @path and serve @methods; both are borrowed for the server's life
 * Return: 0; errors of unix_socket_listen(); -ENOMEM.
 */
NODISCARD int grpc_server_new(struct loop *loop, const char *path,
                              const struct grpc_method *methods, void *service,
                              struct grpc_server **ret, struct err *err);

/** grpc_server_on_fault() - call @fault with the cause of bad input, once for each connection */
void grpc_server_on_fault(struct grpc_server *server,
                          void (*fault)(void *service, const char *why));

/** grpc_server_free() - close every connection and remove the socket file, if it is still ours */
void grpc_server_free(struct grpc_server *server);

/** grpc_server_is_bound() - the socket file at the path is still the one that we listen on */
bool grpc_server_is_bound(const struct grpc_server *server);

#endif
