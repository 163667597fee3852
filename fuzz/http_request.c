/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the pure parts of HTTP. A request that is accepted must mean the same when it is
 * written again from its parts, and a body in chunks must not depend on how its bytes are cut.
 */
#include <stdlib.h>

#include "net/http/chunked.h"
#include "net/http/request.h"
#include "net/http/response.h"
#include "net/http/target.h"

enum {
    BODY_MAX = 4096, /* bytes */
    WRITTEN_MAX = 1 << 20,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
    if (!condition)
        abort();
}

static void request_write(const struct http_request *r, struct buf *out)
{
    const char *method = r->method == HTTP_GET    ? "GET"
                         : r->method == HTTP_HEAD ? "HEAD"
                         : r->method == HTTP_POST ? "POST"
                         : r->method == HTTP_PUT  ? "PUT"
                                                  : "DELETE";

    buf_printf(out, "%s %.*s", method, (int)r->path.len, (const char *)r->path.data);
    if (r->query.len)
        buf_printf(out, "?%.*s", (int)r->query.len, (const char *)r->query.data);
    buf_printf(out, " HTTP/1.%u\r\n", r->minor);
    for (size_t i = 0; i < r->field_count; i++) {
        buf_put(out, r->fields[i].name);
        buf_put_str(out, ": ");
        buf_put(out, r->fields[i].value);
        buf_put_str(out, "\r\n");
    }
    buf_put_str(out, "\r\n");
}

static void request_try(struct span bytes)
{
    CLEANUP(buf_done) struct buf written = buf_init(WRITTEN_MAX);
    CLEANUP(buf_done) struct buf decoded = buf_init(BODY_MAX);
    struct http_request request, again;
    size_t scanned = 0, len = 0;
    struct span value;

    if (http_field_head_find(bytes, &scanned, &len, NULL) != 1)
        return;
    check(len <= bytes.len);
    if (http_request_parse(span_sub(bytes, 0, len), &request, NULL) != 0)
        return;
    check(request.method != HTTP_METHOD_NONE && request.path.len > 0);
    check(!(request.has_length && request.is_chunked));
    request_write(&request, &written);
    check(http_request_parse(buf_span(&written), &again, NULL) == 0);
    check(again.method == request.method && again.field_count == request.field_count);
    check(span_equal(again.path, request.path) && span_equal(again.query, request.query));
    check(again.has_length == request.has_length && again.length == request.length);
    check(again.is_chunked == request.is_chunked && again.keeps_alive == request.keeps_alive);
    (void)http_target_decode(request.path, &decoded);
    (void)http_target_query_find(request.query, "a", &value);
}

static int chunks_feed(struct span bytes, size_t piece, struct buf *body, size_t *ret_left)
{
    struct http_chunked c = {0};
    int r = 0;

    while (bytes.len && r == 0) {
        struct span part = span_sub(bytes, 0, MIN(piece, bytes.len));
        const size_t len = part.len;

        r = http_chunked_feed(&c, &part, body, NULL);
        bytes = span_from(bytes, len - part.len);
    }
    *ret_left = bytes.len;
    return r;
}

static void chunks_try(struct span bytes, size_t piece)
{
    CLEANUP(buf_done) struct buf whole = buf_init(BODY_MAX), cut = buf_init(BODY_MAX);
    size_t whole_left, cut_left;
    int r = chunks_feed(bytes, SIZE_MAX, &whole, &whole_left);

    check(chunks_feed(bytes, piece, &cut, &cut_left) == r);
    if (r != 1)
        return;
    check(whole_left == cut_left && span_equal(buf_span(&whole), buf_span(&cut)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_response response;

    if (size == 0)
        return 0;
    request_try(span_of(data + 1, size - 1));
    chunks_try(span_of(data + 1, size - 1), 1 + data[0] % 7U);
    (void)!http_response_parse(span_of(data + 1, size - 1), &response, NULL);
    return 0;
}
