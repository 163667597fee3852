/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/grpc/server_internal.h: what the three files of the server share: server.c has the socket and
 * the connections, receive.c the requests, call.c the answers.
 */
#ifndef COFFER_NET_GRPC_SERVER_INTERNAL_H
#define COFFER_NET_GRPC_SERVER_INTERNAL_H

#include <sys/stat.h>

#include "net/grpc/frame.h"
#include "net/grpc/h2.h"
#include "net/grpc/server.h"
#include "net/listener.h"
#include "net/unix_socket.h"

enum {
    GRPC_PATH_SIZE = 128,    /* bytes of a method's path, NUL included */
    GRPC_MESSAGE_SIZE = 256, /* bytes of a grpc-message, NUL included */
};

/** struct grpc_connection - freed by its h2's destroy() */
struct grpc_connection {
    struct h2 h2;
    struct grpc_server *server;
    struct listener_entry entry;
    struct grpc_call *calls;     /* those whose stream is open, the newest first */
    struct loop_timer *deadline; /* armed while the peer has to send something */
    unsigned arriving;           /* calls whose request is not complete */
    bool has_settings, is_reported;
};

struct grpc_server {
    struct loop *loop;
    struct listener *listener;
    const struct grpc_method *methods;
    void *service;
    void (*fault)(void *service, const char *why);
    nghttp2_session_callbacks *callbacks;
    size_t pending_size;  /* bytes of all requests that are arriving */
    struct stat identity; /* of the socket file */
    char path[UNIX_SOCKET_PATH_MAX + 1];
};

/** struct grpc_call - one stream: made when its header block begins, freed when it closes */
struct grpc_call {
    struct grpc_connection *connection;
    struct grpc_call *next;
    int32_t stream_id;
    int64_t began_ms;
    char path[GRPC_PATH_SIZE];
    bool is_post, is_grpc, has_path, has_message;
    bool is_answered, has_headers, is_deferred, is_arriving;
    struct grpc_frame frame;
    size_t pending_size; /* bytes of the request that are counted in the server's */
    uint32_t message_count;
    enum grpc_status status; /* for the trailer */
    char message[GRPC_MESSAGE_SIZE];
    const struct grpc_stream_ops *ops; /* NULL: unary */
    void *stream;
    struct buf reply;
    struct grpc_source source;
    uint8_t prefix[GRPC_FRAME_PREFIX_SIZE];
    uint64_t sent; /* bytes of prefix and message of the current source */
    bool has_source;
};

/** grpc_connection_report() - tell the service once what is wrong with a peer */
void grpc_connection_report(struct grpc_connection *c, const char *why);

/** grpc_connection_update() - its calls have changed: when it expires, and how much it needs its
 *  place */
void grpc_connection_update(struct grpc_connection *c);

/** grpc_receive_callbacks_new() - Return: nghttp2's callbacks for a server's side, or NULL */
nghttp2_session_callbacks *grpc_receive_callbacks_new(void);

/** grpc_call_arrived() - the request is complete, or the rest of it is not waited for */
void grpc_call_arrived(struct grpc_call *call);

/** grpc_call_free() - the stream has closed, or its connection ends */
void grpc_call_free(struct grpc_call *call);

#endif
