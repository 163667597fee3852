/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http/prebuilt.h"

#include <assert.h>
#include <errno.h>

#include "base/buf.h"
#include "net/http/answer.h"

int http_prebuilt_new(unsigned status, const char *content_type, struct span fields,
                      struct span body, struct http_prebuilt **ret, struct err *err)
{
    CLEANUP(buf_done) struct buf head = buf_init(HTTP_ANSWER_HEAD_MAX);
    struct http_prebuilt *p;

    buf_printf(&head, "Content-Type: %s\r\nContent-Length: %zu\r\n", content_type, body.len);
    buf_put(&head, fields);
    buf_put_str(&head, "\r\n");
    if (buf_status(&head) < 0 || body.len > HTTP_BODY_SIZE_MAX)
        return err_set(err, buf_status(&head) < 0 ? buf_status(&head) : -EMSGSIZE,
                       "prebuilt answer of %zu bytes", body.len);
    p = malloc(sizeof(*p) + head.len + body.len);
    if (!p)
        return err_set(err, -ENOMEM, "prebuilt answer of %zu bytes", body.len);
    p->references = 1;
    p->status = status;
    p->fields_len = head.len;
    p->len = head.len + body.len;
    memcpy(p->bytes, head.data, head.len);
    if (body.len)
        memcpy(p->bytes + head.len, body.data, body.len);
    *ret = p;
    return 0;
}

struct http_prebuilt *http_prebuilt_ref(struct http_prebuilt *p)
{
    p->references++;
    return p;
}

struct http_prebuilt *http_prebuilt_unref(struct http_prebuilt *p)
{
    assert(!p || p->references > 0);
    if (p && --p->references == 0)
        free(p);
    return NULL;
}

struct span http_prebuilt_body(const struct http_prebuilt *p)
{
    return span_of(p->bytes + p->fields_len, p->len - p->fields_len);
}
