/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/grpc/call.h: how a service answers a call that its gRPC server received. A unary call is
 * answered with one message or with an error. A server-streaming call pulls its messages, and it
 * pulls each message piece by piece, so that a list of megabytes costs only the bytes that wait for
 * the socket.
 */
#ifndef COFFER_NET_GRPC_CALL_H
#define COFFER_NET_GRPC_CALL_H

#include <stdbool.h>

#include "base/macros.h"
#include "base/span.h"
#include "net/grpc/status.h"

struct grpc_call; /* opaque; valid until it is answered, or until its stream's closed() */

/** struct grpc_source - one outgoing message, made piece by piece */
struct grpc_source {
    uint32_t size; /* bytes of the message */
    /* writes bytes [offset, offset + size) of the message; must give all that are asked for */
    void (*read)(void *context, uint32_t offset, uint8_t *to, size_t size);
    void *context;
};

/** struct grpc_stream_ops - a server-streaming call */
struct grpc_stream_ops {
    /* writes the next message to @ret; false when there is none now (grpc_call_wake() asks again)
     */
    bool (*next)(void *stream, struct grpc_source *ret);
    /* the call is over, whichever side ended it; the call may not be used any more */
    void (*closed)(void *stream);
};

/* Each call is answered by exactly one of these three functions, once. */
void grpc_call_reply(struct grpc_call *call, struct span message);
PRINTF_LIKE(3, 4)
void grpc_call_fail(struct grpc_call *call, enum grpc_status status, const char *format, ...);
void grpc_call_stream(struct grpc_call *call, const struct grpc_stream_ops *ops, void *stream);

/** grpc_call_wake() - of a streaming call: next() may have a message now */
void grpc_call_wake(struct grpc_call *call);

#endif
