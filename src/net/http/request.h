/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http/request.h: the head of an HTTP/1.1 request (RFC 9112), strictly parsed. Pure. Whatever
 * two readers could understand in two ways is refused, with the status that the peer is told.
 */
#ifndef COFFER_NET_HTTP_REQUEST_H
#define COFFER_NET_HTTP_REQUEST_H

#include "net/http/field.h"

enum {
    HTTP_FIELDS_MAX = 64,            /* header fields of one request */
    HTTP_PARAMETERS_MAX = 4,         /* segments that a route's pattern names */
    HTTP_TARGET_SIZE_MAX = 6 * 1024, /* bytes of a request line */
};

/** enum http_method - bits, so that a route names the ones that it serves */
enum http_method {
    HTTP_METHOD_NONE = 0, /* not established */
    HTTP_GET = 1,
    HTTP_HEAD = 2,
    HTTP_POST = 4,
    HTTP_PUT = 8,
    HTTP_DELETE = 16,
};

/** struct http_request - all spans point into the head, @body to where the server keeps it */
struct http_request {
    enum http_method method;
    unsigned minor;    /* HTTP/1.minor, 0 or 1 */
    struct span path;  /* begins with "/"; as received, percent-encoded */
    struct span query; /* after "?", without it; as received */
    struct span host;  /* with the port, if one was given; empty in HTTP/1.0 without Host */
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t field_count;
    struct span parameters[HTTP_PARAMETERS_MAX]; /* segments of the path that a route named */
    bool has_length, is_chunked;                 /* one of them at most; neither: no body */
    uint64_t length;                             /* bytes of the body with @has_length */
    bool expects_continue;                       /* the peer sends the body after "100 Continue" */
    bool keeps_alive;                            /* the connection may serve another request */
    struct span body;
};

/**
 * http_request_parse() - parse the head of a request
 * @head: the request line, the fields and the empty line, as http_field_head_find() measured it
 * @ret:  written only when 0 is returned
 *
 * Return: 0; or the status of the answer: 400 for bad syntax and for anything ambiguous, 413 for a
 * Content-Length beyond all measure, 414, 417 for an unknown expectation, 431 for too many fields,
 * 501 for an unknown method or transfer coding, 505. @err says what is wrong.
 */
NODISCARD unsigned http_request_parse(struct span head, struct http_request *ret, struct err *err);

/** http_request_field() - the value of the first field with this name; false when there is none */
bool http_request_field(const struct http_request *request, const char *name, struct span *ret);

#endif
