/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/grpc/client.h: one unary gRPC call to a server on a unix socket, on a connection of its own.
 * The answer comes through the loop; no function here waits.
 */
#ifndef COFFER_NET_GRPC_CLIENT_H
#define COFFER_NET_GRPC_CLIENT_H

#include "net/grpc/server.h"

enum {
    GRPC_RESPONSE_SIZE_MAX = 16 * 1024 * 1024, /* bytes: what pod-resources clients accept */
};

struct grpc_client; /* opaque: one call under way */

struct grpc_request {
    const char *socket_path;
    const char *method; /* "/v1beta1.Registration/Register" */
    struct span message;
    int64_t timeout_ms;
};

/**
 * grpc_done_fn - the call is over; the client is released after it returns
 * @status:  GRPC_OK and @message, or the reason in @why: the server's text, or what went wrong
 *           on the way (GRPC_UNAVAILABLE, GRPC_DEADLINE_EXCEEDED)
 */
typedef void (*grpc_done_fn)(void *userdata, enum grpc_status status, const char *why,
                             struct span message);

/**
 * grpc_client_call() - start a call
 * @ret: valid until @done runs or grpc_client_cancel(); @done never runs inside this function
 * Return: 0; -ENOENT or -ECONNREFUSED when nobody listens; -ENOMEM.
 */
NODISCARD int grpc_client_call(struct loop *loop, const struct grpc_request *request,
                               grpc_done_fn done, void *userdata, struct grpc_client **ret,
                               struct err *err);

/** grpc_client_cancel() - end the call; its callback does not run. NULL is allowed. */
void grpc_client_cancel(struct grpc_client *client);

#endif
