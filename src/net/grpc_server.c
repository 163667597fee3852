/*
 * One h2 session a connection, one struct grpc_call a stream. A call is made when its header block
 * begins and freed when its stream closes, so nghttp2's stream user data owns it.
 */
#include "net/grpc_server.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/grpc_frame.h"
#include "net/h2.h"
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

/* What a peer owes: its preface, then the rest of each request that it began */

static void report(struct connection *c, const char *why)
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

    report(c, c->has_settings ? "a request did not arrive in time" : "no HTTP/2 preface in time");
    h2_close(&c->h2);
}

static void call_arrived(struct grpc_call *call)
{
    if (!call->is_arriving)
        return;
    call->is_arriving = false;
    call->connection->arriving--;
    deadline_set(call->connection);
}

/* Trailers (PROTOCOL-HTTP2.md, "Responses") */

static size_t trailer_fields(const struct grpc_call *call, nghttp2_nv *fields, char code[static 8])
{
    snprintf(code, 8, "%d", (int)call->status);
    fields[0] = h2_field("grpc-status", span_str(code));
    if (call->status == GRPC_OK)
        return 1;
    fields[1] = h2_field("grpc-message", span_str(call->message));
    return 2;
}

/* grpc-message is percent-encoded: everything outside 0x20..0x7e, and '%'. */
static void message_encode(const char *text, char to[static MESSAGE_SIZE_MAX])
{
    size_t len = 0;

    for (; *text && len + 4 < MESSAGE_SIZE_MAX; text++) {
        unsigned char c = (unsigned char)*text;

        if (c >= 0x20 && c < 0x7f && c != '%')
            to[len++] = (char)c;
        else
            len += (size_t)snprintf(to + len, 4, "%%%02X", c);
    }
    to[len] = 0;
}

static const nghttp2_nv *response_fields(nghttp2_nv fields[static 4])
{
    fields[0] = h2_field(":status", span_str("200"));
    fields[1] = h2_field("content-type", span_str("application/grpc"));
    return fields;
}

static void call_finish_without_body(struct grpc_call *call)
{
    struct connection *c = call->connection;
    nghttp2_nv fields[4];
    char code[8];
    size_t count;

    response_fields(fields);
    count = trailer_fields(call, fields + 2, code);
    call->has_headers = true;
    nghttp2_submit_response(c->h2.session, call->stream_id, fields, 2 + count, NULL);
    h2_kick(&c->h2);
}

/* Messages */

static void reply_read(void *context, uint32_t offset, uint8_t *to, size_t size)
{
    const struct grpc_call *call = context;

    memcpy(to, call->reply.data + offset, size);
}

/* Makes the next message current. Return: false when there is none. */
static bool source_next(struct grpc_call *call)
{
    if (call->ops) {
        if (!call->ops->next(call->stream, &call->source))
            return false;
    } else if (call->message_count > 0) {
        return false;
    } else {
        call->source = (struct grpc_source){(uint32_t)call->reply.len, reply_read, call};
    }
    grpc_frame_prefix(call->source.size, call->prefix);
    call->sent = 0;
    call->message_count++;
    return true;
}

static size_t source_read(struct grpc_call *call, uint8_t *to, size_t room)
{
    size_t done = 0;

    while (call->sent < GRPC_FRAME_PREFIX_SIZE && done < room)
        to[done++] = call->prefix[call->sent++];
    if (done < room && call->sent < GRPC_FRAME_PREFIX_SIZE + (uint64_t)call->source.size) {
        uint32_t offset = (uint32_t)(call->sent - GRPC_FRAME_PREFIX_SIZE);
        size_t size = MIN(room - done, (size_t)(call->source.size - offset));

        call->source.read(call->source.context, offset, to + done, size);
        call->sent += size;
        done += size;
    }
    call->has_source = call->sent < GRPC_FRAME_PREFIX_SIZE + (uint64_t)call->source.size;
    return done;
}

/* The body is over: the trailers carry END_STREAM, never DATA. */
static void trailers_submit(struct grpc_call *call, uint32_t *flags)
{
    nghttp2_nv fields[2];
    char code[8];
    size_t count = trailer_fields(call, fields, code);

    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    nghttp2_submit_trailer(call->connection->h2.session, call->stream_id, fields, count);
}

static ssize_t data_read(nghttp2_session *session, int32_t stream_id, uint8_t *to, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *owner)
{
    struct grpc_call *call = source->ptr;
    size_t done = 0;

    (void)session;
    (void)stream_id;
    (void)owner;
    while (done < room && (call->has_source || (call->has_source = source_next(call))))
        done += source_read(call, to + done, room - done);
    if (!call->ops && !call->has_source)
        trailers_submit(call, flags);
    else if (done == 0)
        call->is_deferred = true;
    return done == 0 && call->ops ? NGHTTP2_ERR_DEFERRED : (ssize_t)done;
}

static void call_submit_body(struct grpc_call *call)
{
    struct connection *c = call->connection;
    nghttp2_data_provider provider = {.source.ptr = call, .read_callback = data_read};
    nghttp2_nv fields[4];

    call->has_headers = true;
    nghttp2_submit_response(c->h2.session, call->stream_id, response_fields(fields), 2, &provider);
    h2_kick(&c->h2);
}

void grpc_call_reply(struct grpc_call *call, struct span message)
{
    assert(!call->is_answered);
    buf_put(&call->reply, message);
    if (buf_status(&call->reply) < 0) {
        grpc_call_fail(call, GRPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    call->is_answered = true;
    call_submit_body(call);
}

void grpc_call_fail(struct grpc_call *call, enum grpc_status status, const char *format, ...)
{
    char text[MESSAGE_SIZE_MAX];
    va_list args;

    assert(!call->is_answered);
    call->is_answered = true;
    call->status = status;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    message_encode(text, call->message);
    if (call->is_arriving)
        report(call->connection, text);
    call_arrived(call);
    call_finish_without_body(call);
}

void grpc_call_stream(struct grpc_call *call, const struct grpc_stream_ops *ops, void *stream)
{
    assert(!call->is_answered);
    call->is_answered = true;
    call->ops = ops;
    call->stream = stream;
    call_submit_body(call);
}

void grpc_call_wake(struct grpc_call *call)
{
    if (!call->is_deferred)
        return;
    call->is_deferred = false;
    nghttp2_session_resume_data(call->connection->h2.session, call->stream_id);
    h2_kick(&call->connection->h2);
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
    call_arrived(call);
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
    call_arrived(call);
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
    report(c, why);
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

/* An orderly end between calls is the peer's business. */
static void connection_lost(void *owner, const char *why)
{
    struct connection *c = owner;

    if (c->calls || !c->has_settings)
        report(c, why);
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
        r = unix_socket_listen(path, 0600, &server->fd, err);
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
