/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/grpc/server.h: a gRPC server on one unix socket (gRPC over HTTP/2, PROTOCOL-HTTP2.md).
 * Unary calls are answered inside their handler; a server-streaming call pulls its messages, so
 * that a list of megabytes costs only what waits for the socket.
 */
#ifndef COFFER_NET_GRPC_SERVER_H
#define COFFER_NET_GRPC_SERVER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "net/loop.h"

enum {
    GRPC_REQUEST_SIZE_MAX = 6 * 1024 * 1024,  /* bytes of one request message */
    GRPC_PENDING_SIZE_MAX = 16 * 1024 * 1024, /* bytes of all requests that are arriving */
    GRPC_CONNECTIONS_MAX = 16,                /* further ones are closed at once */
    GRPC_HANDSHAKE_TIMEOUT_MS = 10000,        /* for a peer's preface and SETTINGS */
    GRPC_REQUEST_TIMEOUT_MS = 30000,          /* for a request to arrive whole */
};

/** enum grpc_status - codes of google.golang.org/grpc/codes */
enum grpc_status {
    GRPC_OK = 0,
    GRPC_CANCELLED = 1,
    GRPC_UNKNOWN = 2,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_DEADLINE_EXCEEDED = 4,
    GRPC_NOT_FOUND = 5,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_FAILED_PRECONDITION = 9,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAVAILABLE = 14,
};

struct grpc_server; /* opaque */
struct grpc_call;   /* opaque; valid until answered, or until its stream's closed() */

/** struct grpc_source - one outgoing message, made piece by piece */
struct grpc_source {
    uint32_t size; /* bytes of the message */
    /* writes bytes [offset, offset + size) of the message; must give all that are asked */
    void (*read)(void *context, uint32_t offset, uint8_t *to, size_t size);
    void *context;
};

/** struct grpc_stream_ops - a server-streaming call */
struct grpc_stream_ops {
    /* the next message into @ret; false when there is none now (grpc_call_wake() asks again) */
    bool (*next)(void *stream, struct grpc_source *ret);
    /* the call is over, whoever ended it; the call may not be used any more */
    void (*closed)(void *stream);
};

/** struct grpc_method - a table ends with an all-zero row */
struct grpc_method {
    const char *path; /* "/v1beta1.DevicePlugin/Allocate" */
    void (*start)(void *service, struct grpc_call *call, struct span request);
};

/**
 * grpc_server_new() - listen on @path and serve @methods; both borrowed for the server's life
 * Return: 0; errors of unix_socket_listen(); -ENOMEM.
 */
NODISCARD int grpc_server_new(struct loop *loop, const char *path,
                              const struct grpc_method *methods, void *service,
                              struct grpc_server **ret, struct err *err);

/** grpc_server_on_fault() - be told of bad input with its cause, once a connection */
void grpc_server_on_fault(struct grpc_server *server,
                          void (*fault)(void *service, const char *why));

/** grpc_server_free() - close every connection and remove the socket file, if it is still ours */
void grpc_server_free(struct grpc_server *server);

/** grpc_server_is_bound() - the socket file at the path is still the one that we listen on */
bool grpc_server_is_bound(const struct grpc_server *server);

/* Each call is answered by exactly one of these, once. */
void grpc_call_reply(struct grpc_call *call, struct span message);
PRINTF_LIKE(3, 4)
void grpc_call_fail(struct grpc_call *call, enum grpc_status status, const char *format, ...);
void grpc_call_stream(struct grpc_call *call, const struct grpc_stream_ops *ops, void *stream);

/** grpc_call_wake() - of a streaming call: next() may have something now */
void grpc_call_wake(struct grpc_call *call);

#endif
