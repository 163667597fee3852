/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One unary call on a connection of its own. The agent makes few calls (it registers, it asks the
 * pod-resources service), so keeping connections would save nothing, and a connection that belongs
 * to one call has one life: it is made with the call, and every end of the call closes it.
 *
 * All ends meet in client_finish(): the stream closed, the connection was lost, the deadline
 * passed, the answer was malformed. It runs the callback at most once, since it takes c->done
 * away first; grpc_client_cancel() takes it away without a call. h2 frees the client when the last
 * function of the connection has returned (on_destroy()).
 *
 * The result follows gRPC's PROTOCOL-HTTP2.md. The status comes in the trailers, or in the only
 * header block when the call failed at once; on_header() takes it from either. A stream that closes
 * without a status, or with an HTTP status other than 200, is GRPC_UNAVAILABLE.
 */
#include "net/grpc/client.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "net/grpc/frame.h"
#include "net/grpc/h2.h"
#include "net/unix_socket.h"

enum {
    WHY_SIZE = 256, /* bytes of a reason, NUL included */
};

struct grpc_client {
    struct h2 h2;
    struct loop_timer *deadline;
    grpc_done_fn done; /* NULL once it ran or was cancelled */
    void *userdata;
    int32_t stream_id;
    struct grpc_frame frame;
    bool has_message, has_status;
    unsigned http_status;
    enum grpc_status status;
    char why[WHY_SIZE];
    struct buf request;
    size_t sent; /* bytes of @request */
};

/* Runs the callback once and closes the connection. */
static void client_finish(struct grpc_client *c, enum grpc_status status, const char *why)
{
    grpc_done_fn done = c->done;
    struct span none = span_of(NULL, 0);

    c->done = NULL;
    if (done)
        done(c->userdata, status, why, status == GRPC_OK ? buf_span(&c->frame.message) : none);
    h2_close(&c->h2);
}

static void on_lost(void *owner, const char *why)
{
    client_finish(owner, GRPC_UNAVAILABLE, why);
}

static void on_destroy(void *owner)
{
    struct grpc_client *c = owner;

    loop_timer_free(c->deadline);
    grpc_frame_done(&c->frame);
    buf_done(&c->request);
    free(c);
}

static const struct h2_ops client_ops = {.lost = on_lost, .destroy = on_destroy};

static void on_deadline(void *userdata)
{
    client_finish(userdata, GRPC_DEADLINE_EXCEEDED, "no answer in time");
}

static ssize_t request_read(nghttp2_session *session, int32_t stream_id, uint8_t *to, size_t room,
                            uint32_t *flags, nghttp2_data_source *source, void *owner)
{
    struct grpc_client *c = owner;
    size_t size = MIN(room, c->request.len - c->sent);

    (void)session;
    (void)stream_id;
    (void)source;
    memcpy(to, c->request.data + c->sent, size);
    c->sent += size;
    if (c->sent == c->request.len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)size;
}

/* Digits of a status; -1 for anything else. */
static int number_parse(struct span text)
{
    int value = 0;

    if (text.len == 0 || text.len > 3)
        return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        value = value * 10 + (text.data[i] - '0');
    }
    return value;
}

/* Undoes the percent-encoding of grpc-message; a malformed escape is kept as it is. */
static void message_decode(struct span text, char to[static WHY_SIZE])
{
    size_t len = 0;

    for (size_t i = 0; i < text.len && len + 1 < WHY_SIZE; i++) {
        int high = i + 2 < text.len ? text_hex_digit(text.data[i + 1]) : -1;
        int low = i + 2 < text.len ? text_hex_digit(text.data[i + 2]) : -1;

        if (text.data[i] == '%' && high >= 0 && low >= 0) {
            to[len++] = (char)(high << 4 | low);
            i += 2;
        } else {
            to[len++] = (char)text.data[i];
        }
    }
    to[len] = 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *owner)
{
    struct grpc_client *c = owner;
    struct span n = span_of(name, name_len), v = span_of(value, value_len);
    int number;

    (void)session;
    (void)flags;
    if (frame->hd.stream_id != c->stream_id)
        return 0;
    number = number_parse(v);
    if (span_equal_str(n, ":status") && number >= 0)
        c->http_status = (unsigned)number;
    if (span_equal_str(n, "grpc-status")) {
        c->has_status = number >= 0;
        c->status = number >= 0 ? (enum grpc_status)number : GRPC_UNKNOWN;
    }
    if (span_equal_str(n, "grpc-message"))
        message_decode(v, c->why);
    return 0;
}

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t stream_id,
                         const uint8_t *data, size_t len, void *owner)
{
    struct grpc_client *c = owner;
    struct span bytes = span_of(data, len), message;
    struct err err = {0};
    int r;

    (void)session;
    (void)flags;
    if (stream_id != c->stream_id || !c->done)
        return 0;
    r = c->has_message ? -EPROTO : grpc_frame_feed(&c->frame, &bytes, &message, &err);
    if (r < 0 || bytes.len > 0)
        client_finish(c, GRPC_INTERNAL,
                      r < 0 && err.text[0] ? err.text : "more than one response message");
    c->has_message = r == 1;
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *owner)
{
    struct grpc_client *c = owner;

    (void)session;
    if (stream_id != c->stream_id)
        return 0;
    if (c->http_status != 200 || !c->has_status)
        client_finish(c, GRPC_UNAVAILABLE,
                      code ? nghttp2_http2_strerror(code) : "the answer has no gRPC status");
    else if (c->status == GRPC_OK && !c->has_message)
        client_finish(c, GRPC_INTERNAL, "the answer has no message");
    else
        client_finish(c, c->status, c->why);
    return 0;
}

static int client_start(struct grpc_client *c, struct loop *loop, int fd, const char *method,
                        struct err *err)
{
    nghttp2_session_callbacks *callbacks = h2_callbacks_new();
    nghttp2_data_provider provider = {.read_callback = request_read};
    const nghttp2_nv fields[] = {
        h2_field(":method", span_str("POST")),
        h2_field(":scheme", span_str("http")),
        h2_field(":path", span_str(method)),
        h2_field(":authority", span_str("localhost")),
        h2_field("content-type", span_str("application/grpc")),
        h2_field("te", span_str("trailers")),
        h2_field("user-agent", span_str("coffer/" COFFER_VERSION)),
    };
    const struct h2_setup setup = {
        .loop = loop,
        .callbacks = callbacks,
        .ops = &client_ops,
        .owner = c,
    };
    int r;

    if (!callbacks) {
        close(fd);
        return err_set(err, -ENOMEM, "gRPC call");
    }
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    r = h2_start(&c->h2, fd, &setup, err);
    nghttp2_session_callbacks_del(callbacks);
    if (r < 0)
        return r;
    c->stream_id =
        nghttp2_submit_request(c->h2.session, NULL, fields, ARRAY_COUNT(fields), &provider, NULL);
    h2_kick(&c->h2);
    return 0;
}

int grpc_client_call(struct loop *loop, const struct grpc_request *request, grpc_done_fn done,
                     void *userdata, struct grpc_client **ret, struct err *err)
{
    struct grpc_client *c = calloc(1, sizeof(*c));
    uint8_t prefix[GRPC_FRAME_PREFIX_SIZE];
    int fd, r;

    if (!c)
        return err_set(err, -ENOMEM, "gRPC call");
    c->done = done;
    c->userdata = userdata;
    c->frame = grpc_frame_init(GRPC_RESPONSE_SIZE_MAX);
    c->request = buf_init(GRPC_REQUEST_SIZE_MAX);
    grpc_frame_prefix((uint32_t)request->message.len, prefix);
    buf_put(&c->request, span_of(prefix, sizeof(prefix)));
    buf_put(&c->request, request->message);
    r = buf_status(&c->request) < 0 ? err_set(err, -ENOMEM, "gRPC call") : 0;
    if (r == 0)
        r = loop_timer_new(loop, on_deadline, c, &c->deadline, err);
    if (r == 0)
        r = unix_socket_connect(SOCK_STREAM, request->socket_path, &fd, err);
    if (r == 0)
        r = client_start(c, loop, fd, request->method, err);
    if (r < 0) {
        on_destroy(c);
        return r;
    }
    loop_timer_arm(c->deadline, request->timeout_ms);
    *ret = c;
    return 0;
}

void grpc_client_cancel(struct grpc_client *client)
{
    if (!client)
        return;
    client->done = NULL;
    h2_close(&client->h2);
}
