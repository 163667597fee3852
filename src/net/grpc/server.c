/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One h2 session a connection, one struct grpc_call a stream. A call is made when its header block
 * begins and freed when its stream closes, so nghttp2's stream user data owns it.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/grpc/server_internal.h"

/* What a peer owes: its preface, then the rest of each request that it began */

void grpc_connection_report(struct connection *c, const char *why)
{
    if (!c->is_reported && c->server->fault)
        c->server->fault(c->server->service, why);
    c->is_reported = true;
}

static void deadline_set(struct connection *c)
{
    if (c->has_settings && c->arriving > 0)
        loop_timer_arm(c->deadline, GRPC_REQUEST_TIMEOUT_MS);
    else if (c->has_settings)
        loop_timer_disarm(c->deadline);
}

static void on_deadline(void *userdata)
{
    struct connection *c = userdata;

    grpc_connection_report(c, c->has_settings ? "a request did not arrive in time"
                                              : "no HTTP/2 preface in time");
    h2_close(&c->h2);
}

void grpc_call_arrived(struct grpc_call *call)
{
    if (!call->is_arriving)
        return;
    call->is_arriving = false;
    call->connection->arriving--;
    deadline_set(call->connection);
}

/* Requests */

static void pending_release(struct grpc_call *call)
{
    call->connection->server->pending_size -= call->pending_size;
    call->pending_size = 0;
    grpc_frame_done(&call->frame);
}

static const struct grpc_method *method_find(const struct grpc_server *server, const char *path)
{
    for (const struct grpc_method *m = server->methods; m->path; m++)
        if (strcmp(m->path, path) == 0)
            return m;
    return NULL;
}

/* Whether the headers are those of a gRPC request that we serve; answers it otherwise. */
static const struct grpc_method *call_method(struct grpc_call *call)
{
    const struct grpc_method *method;

    if (!call->is_post || !call->is_grpc || !call->has_path) {
        grpc_call_fail(call, GRPC_INVALID_ARGUMENT, "not a gRPC request");
        return NULL;
    }
    method = method_find(call->connection->server, call->path);
    if (!method)
        grpc_call_fail(call, GRPC_UNIMPLEMENTED, "unknown method %s", call->path);
    return method;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *owner)
{
    struct connection *c = owner;
    struct grpc_call *call;

    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    call = calloc(1, sizeof(*call));
    if (!call)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    call->connection = c;
    call->next = c->calls;
    c->calls = call;
    call->stream_id = frame->hd.stream_id;
    call->is_arriving = true;
    c->arriving++;
    deadline_set(c);
    call->frame = grpc_frame_init(GRPC_REQUEST_SIZE_MAX);
    call->reply = buf_init(GRPC_REQUEST_SIZE_MAX);
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *owner)
{
    struct grpc_call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    struct span n = span_of(name, name_len), v = span_of(value, value_len);

    (void)flags;
    (void)owner;
    if (!call)
        return 0;
    if (span_equal_str(n, ":method"))
        call->is_post = span_equal_str(v, "POST");
    if (span_equal_str(n, "content-type"))
        call->is_grpc = span_starts_with(v, span_str("application/grpc"));
    if (span_equal_str(n, ":path") && v.len < PATH_SIZE_MAX) {
        memcpy(call->path, v.data, v.len);
        call->has_path = strlen(call->path) == v.len;
    }
    return 0;
}

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t stream_id,
                         const uint8_t *data, size_t len, void *owner)
{
    struct grpc_call *call = nghttp2_session_get_stream_user_data(session, stream_id);
    struct connection *c = owner;
    struct span bytes = span_of(data, len), message;
    struct err err = {0};
    int r;

    (void)flags;
    if (!call || call->is_answered)
        return 0;
    if (c->server->pending_size + len > GRPC_PENDING_SIZE_MAX) {
        grpc_call_fail(call, GRPC_RESOURCE_EXHAUSTED, "too many requests are arriving");
        return 0;
    }
    call->pending_size += len;
    c->server->pending_size += len;
    r = grpc_frame_feed(&call->frame, &bytes, &message, &err);
    if (r < 0)
        grpc_call_fail(call, r == -EMSGSIZE ? GRPC_RESOURCE_EXHAUSTED : GRPC_INTERNAL, "%s",
                       err.text);
    else if (bytes.len > 0 || (call->has_message && len > 0))
        grpc_call_fail(call, GRPC_INTERNAL, "more than one request message");
    call->has_message = call->has_message || r == 1;
    return 0;
}

static void call_dispatch(struct grpc_call *call)
{
    const struct grpc_method *method = call->is_answered ? NULL : call_method(call);

    if (method && !call->has_message)
        grpc_call_fail(call, GRPC_INTERNAL, "the request ends inside its message");
    grpc_call_arrived(call);
    if (method && !call->is_answered)
        method->start(call->connection->server->service, call, buf_span(&call->frame.message));
    pending_release(call);
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *owner)
{
    struct connection *c = owner;
    struct grpc_call *call;

    if (frame->hd.type == NGHTTP2_SETTINGS && !c->has_settings) {
        c->has_settings = true;
        deadline_set(c);
    }
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (call && frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        call_dispatch(call);
    return 0;
}

/* Calls of a connection that is gone end here too: nghttp2_session_del() tells nobody. */
static void call_free(struct grpc_call *call)
{
    struct grpc_call **at = &call->connection->calls;

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    grpc_call_arrived(call);
    if (call->ops)
        call->ops->closed(call->stream);
    pending_release(call);
    buf_done(&call->reply);
    free(call);
}

static void goaway_report(struct connection *c, const nghttp2_goaway *goaway)
{
    char why[MESSAGE_SIZE_MAX];

    snprintf(why, sizeof(why), "%s %.*s", nghttp2_http2_strerror(goaway->error_code),
             (int)MIN(goaway->opaque_data_len, sizeof(why) / 2), (const char *)goaway->opaque_data);
    grpc_connection_report(c, why);
}

static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *owner)
{
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
        goaway_report(owner, &frame->goaway);
    /* Answered before the request was whole: the peer need not send the rest. */
    if (frame->hd.type == NGHTTP2_HEADERS && frame->hd.flags & NGHTTP2_FLAG_END_STREAM &&
        nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0)
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                  NGHTTP2_NO_ERROR);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *owner)
{
    struct grpc_call *call = nghttp2_session_get_stream_user_data(session, stream_id);

    (void)code;
    (void)owner;
    if (!call)
        return 0;
    nghttp2_session_set_stream_user_data(session, stream_id, NULL);
    call_free(call);
    return 0;
}

/* Connections */

/* An end outside requests is the peer's business, and so is one without a word: a sibling looks
 * whether a socket is served by connecting to it. */
static void connection_lost(void *owner, const char *why)
{
    struct connection *c = owner;

    if (c->arriving > 0 || (c->h2.has_input && !c->has_settings))
        grpc_connection_report(c, why);
}

static void connection_destroy(void *owner)
{
    struct connection *c = owner;
    struct connection **at = &c->server->connections;

    while (c->calls)
        call_free(c->calls);
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    c->server->connection_count--;
    loop_timer_free(c->deadline);
    free(c);
}

static const struct h2_ops connection_ops = {connection_lost, connection_destroy};

static void connection_add(struct grpc_server *server, int fd)
{
    struct connection *c = calloc(1, sizeof(*c));

    if (!c || server->connection_count >= GRPC_CONNECTIONS_MAX ||
        loop_timer_new(server->loop, on_deadline, c, &c->deadline, NULL) < 0) {
        free(c);
        close(fd);
        return;
    }
    c->server = server;
    if (h2_start(&c->h2, server->loop, fd, true, server->callbacks, &connection_ops, c, NULL) < 0) {
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

static int callbacks_prepare(struct grpc_server *server)
{
    nghttp2_session_callbacks *callbacks = h2_callbacks_new();

    if (!callbacks)
        return -ENOMEM;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    server->callbacks = callbacks;
    return 0;
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
    r = callbacks_prepare(server);
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
