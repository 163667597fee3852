/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answers of a gRPC server. An answer is a header block, the messages, and trailers with the
 * status. An error without messages is a single header block that holds both ("Trailers-Only" in
 * gRPC's PROTOCOL-HTTP2.md).
 *
 * Bodies are pulled: nghttp2 calls data_read() when flow control and the socket have room, and
 * data_read() takes bytes from the current source until the room is full. A source is one message:
 * the copied reply of a unary call, or what the stream's next() gave. Its five bytes of prefix come
 * first; call->sent counts prefix and message together, so one number says where we are.
 *
 * A stream that has no message now returns NGHTTP2_ERR_DEFERRED, and nghttp2 does not ask again
 * before grpc_call_wake() resumes it. A unary body ends with the flag NO_END_STREAM, because the
 * trailers that follow carry END_STREAM.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "net/grpc/server_internal.h"

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
static void message_encode(const char *text, char to[static GRPC_MESSAGE_SIZE])
{
    size_t len = 0;

    for (; *text && len + 4 < GRPC_MESSAGE_SIZE; text++) {
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

static void call_submit_trailers_only(struct grpc_call *call)
{
    struct grpc_connection *c = call->connection;
    nghttp2_nv fields[4];
    char code[8];
    size_t count;

    response_fields(fields);
    count = trailer_fields(call, fields + 2, code);
    call->has_headers = true;
    nghttp2_submit_response(c->h2.session, call->stream_id, fields, 2 + count, NULL);
    h2_kick(&c->h2);
}

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
    struct grpc_connection *c = call->connection;
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
    char text[GRPC_MESSAGE_SIZE];
    va_list args;

    assert(!call->is_answered);
    call->is_answered = true;
    call->status = status;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    message_encode(text, call->message);
    if (call->is_arriving)
        grpc_connection_report(call->connection, text);
    grpc_call_arrived(call);
    call_submit_trailers_only(call);
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
