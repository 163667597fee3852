/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>

#include "net/http/server_internal.h"

static const char type_text[] = "text/plain; charset=utf-8";

void http_exchange_reset(struct http_exchange *x)
{
    buf_done(&x->body);
    buf_done(&x->fields);
    x->body = buf_init(HTTP_BODY_SIZE_MAX);
    x->fields = buf_init(HTTP_ANSWER_HEAD_MAX / 2);
    x->content_type = type_text;
    x->request = NULL;
}

const struct http_request *http_exchange_request(const struct http_exchange *x)
{
    assert(x->request);
    return x->request;
}

struct buf *http_exchange_body(struct http_exchange *x)
{
    return &x->body;
}

void http_exchange_type(struct http_exchange *x, const char *content_type)
{
    x->content_type = content_type;
}

/* A line end in a value would begin a field that the handler did not write. */
static void field_check(struct buf *fields, size_t from)
{
    for (size_t i = from; i < fields->len; i++)
        if (fields->data[i] < ' ' && fields->data[i] != '\t')
            fields->data[i] = '?';
}

void http_exchange_field(struct http_exchange *x, const char *name, const char *format, ...)
{
    const size_t from = x->fields.len;
    va_list args;

    buf_printf(&x->fields, "%s: ", name);
    va_start(args, format);
    buf_vprintf(&x->fields, format, args);
    va_end(args);
    field_check(&x->fields, from);
    buf_put_str(&x->fields, "\r\n");
}

void http_exchange_send(struct http_exchange *x, unsigned status)
{
    http_output_answer(x->connection, status, NULL);
}

void http_exchange_send_prebuilt(struct http_exchange *x, struct http_prebuilt *answer)
{
    http_output_answer(x->connection, answer->status, answer);
}

void http_exchange_fail(struct http_exchange *x, unsigned status, const char *format, ...)
{
    va_list args;

    buf_clear(&x->body);
    x->content_type = type_text;
    va_start(args, format);
    buf_vprintf(&x->body, format, args);
    va_end(args);
    buf_put_str(&x->body, "\n");
    http_exchange_send(x, status);
}
