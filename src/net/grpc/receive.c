/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arriving side of a gRPC server: nghttp2 calls back for each piece of a request, and this file
 * puts the pieces together and starts the method.
 *
 * A call is made when a header block begins, and it is freed when nghttp2 says that the stream has
 * closed: on_stream_close() is the only end of a stream that nghttp2 knows, whether the answer is
 * complete, the peer reset the stream, or we did. The pointer to the call is the stream's user
 * data. Streams of a connection that ends are not reported by nghttp2; connection_destroy() of
 * server.c frees their calls.
 *
 * A request is complete at END_STREAM and not with its message, since a second message or bytes
 * after the message are an error that the caller is told of. Until then its bytes count in the
 * server's pending_size, which bounds what all peers together can make us keep. A call that was
 * refused early stays as a stream that drops what still arrives, and on_frame_sent() resets the
 * stream after the refusal has been sent, so that the peer does not send megabytes for nothing
 * (RFC 9113 section 8.1 allows this with the code NO_ERROR).
 *
 * nghttp2 does not check the header fields here (see session_new() in h2.c), so method_check()
 * looks at the three fields that decide: method, content type and path.
 */
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "net/grpc/server_internal.h"

void grpc_call_arrived(struct grpc_call *call)
{
    if (!call->is_arriving)
        return;
    call->is_arriving = false;
    call->connection->arriving--;
    grpc_connection_update(call->connection);
}

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

/* The method that the header fields ask for; NULL after the call was refused. */
static const struct grpc_method *method_check(struct grpc_call *call)
{
    const struct grpc_method *method;

    if (!call->is_post || !call->is_grpc || !call->has_path) {
        grpc_call_fail(call, GRPC_INVALID_ARGUMENT,
                       "not a gRPC request: POST with content-type application/grpc is expected");
        return NULL;
    }
    method = method_find(call->connection->server, call->path);
    if (!method)
        grpc_call_fail(call, GRPC_UNIMPLEMENTED, "unknown method %s", call->path);
    return method;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *owner)
{
    struct grpc_connection *c = owner;
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
    call->began_ms = clock_monotonic_ms();
    c->arriving++;
    grpc_connection_update(c);
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
    if (span_equal_str(n, ":path") && v.len < GRPC_PATH_SIZE) {
        memcpy(call->path, v.data, v.len);
        call->has_path = strlen(call->path) == v.len;
    }
    return 0;
}

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t stream_id,
                         const uint8_t *data, size_t len, void *owner)
{
    struct grpc_call *call = nghttp2_session_get_stream_user_data(session, stream_id);
    struct grpc_connection *c = owner;
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
        grpc_call_fail(call, GRPC_INTERNAL, "the request has more than one message");
    call->has_message = call->has_message || r == 1;
    return 0;
}

static void call_dispatch(struct grpc_call *call)
{
    const struct grpc_method *method = call->is_answered ? NULL : method_check(call);

    if (method && !call->has_message)
        grpc_call_fail(call, GRPC_INTERNAL, "the request ends inside its message");
    grpc_call_arrived(call);
    if (method && !call->is_answered)
        method->start(call->connection->server->service, call, buf_span(&call->frame.message));
    pending_release(call);
}

static int on_frame_recv(nghttp2_session *session, const nghttp2_frame *frame, void *owner)
{
    struct grpc_connection *c = owner;
    struct grpc_call *call;

    if (frame->hd.type == NGHTTP2_SETTINGS && !c->has_settings) {
        c->has_settings = true;
        grpc_connection_update(c);
    }
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (call && frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        call_dispatch(call);
    return 0;
}

void grpc_call_free(struct grpc_call *call)
{
    struct grpc_connection *c = call->connection;
    struct grpc_call **at = &c->calls;

    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    grpc_call_arrived(call);
    if (call->ops)
        call->ops->closed(call->stream);
    pending_release(call);
    buf_done(&call->reply);
    free(call);
    grpc_connection_update(c);
}

static void goaway_report(struct grpc_connection *c, const nghttp2_goaway *goaway)
{
    char why[GRPC_MESSAGE_SIZE];

    snprintf(why, sizeof(why), "%s %.*s", nghttp2_http2_strerror(goaway->error_code),
             (int)MIN(goaway->opaque_data_len, sizeof(why) / 2), (const char *)goaway->opaque_data);
    grpc_connection_report(c, why);
}

static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *owner)
{
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
        goaway_report(owner, &frame->goaway);
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
    grpc_call_free(call);
    return 0;
}

nghttp2_session_callbacks *grpc_receive_callbacks_new(void)
{
    nghttp2_session_callbacks *callbacks = h2_callbacks_new();

    if (!callbacks)
        return NULL;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_recv);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    return callbacks;
}
