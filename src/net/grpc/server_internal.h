/* SPDX-License-Identifier: Apache-2.0 */
/* net/grpc/server_internal.h: what requests (grpc_server.c) and answers (grpc_call.c) share. */
#ifndef COFFER_NET_GRPC_SERVER_INTERNAL_H
#define COFFER_NET_GRPC_SERVER_INTERNAL_H

#include <sys/stat.h>

#include "net/grpc/frame.h"
#include "net/grpc/server.h"
#include "net/grpc/h2.h"
#include "net/unix_socket.h"

enum {
    PATH_SIZE_MAX = 128,    /* bytes of a method path, NUL included */
    MESSAGE_SIZE_MAX = 256, /* bytes of a grpc-message, NUL included */
};

struct connection {
    struct h2 h2;
    struct grpc_server *server;
    struct grpc_call *calls;
    struct connection *next;
    struct loop_timer *deadline; /* armed while the peer owes us something */
    unsigned arriving;           /* calls whose request is not whole */
    bool has_settings, is_reported;
};

struct grpc_server {
    struct loop *loop;
    struct loop_watch *watch;
    const struct grpc_method *methods;
    void *service;
    void (*fault)(void *service, const char *why);
    nghttp2_session_callbacks *callbacks;
    struct connection *connections;
    unsigned connection_count;
    size_t pending_size; /* bytes of all requests that are arriving */
    int fd;
    struct stat identity; /* of the socket file */
    char path[UNIX_SOCKET_PATH_MAX + 1];
};

struct grpc_call {
    struct connection *connection;
    struct grpc_call *next;
    int32_t stream_id;
    char path[PATH_SIZE_MAX];
    bool is_post, is_grpc, has_path, has_message;
    bool is_answered, has_headers, is_deferred, is_arriving;
    struct grpc_frame frame;
    size_t pending_size; /* counted in the server's */
    uint32_t message_count;
    enum grpc_status status; /* for the trailer */
    char message[MESSAGE_SIZE_MAX];
    const struct grpc_stream_ops *ops; /* NULL: unary */
    void *stream;
    struct buf reply;
    struct grpc_source source;
    uint8_t prefix[GRPC_FRAME_PREFIX_SIZE];
    uint64_t sent; /* bytes of prefix and message of the current source */
    bool has_source;
};

/** grpc_connection_report() - tell the service once what is wrong with a peer */
void grpc_connection_report(struct connection *c, const char *why);

/** grpc_call_arrived() - the request is whole, or nothing more of it is waited for */
void grpc_call_arrived(struct grpc_call *call);

#endif
