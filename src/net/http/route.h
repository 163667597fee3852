/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http/route.h: which handler serves a path. A pattern is compared with the path as it was
 * received: no decoding, no "..", so that a path has one spelling. Pure.
 */
#ifndef COFFER_NET_HTTP_ROUTE_H
#define COFFER_NET_HTTP_ROUTE_H

#include "net/http/request.h"

struct http_exchange;

/** struct http_route - a table ends with an all-zero row; the first pattern that matches counts */
struct http_route {
    unsigned methods;    /* bits of enum http_method; GET includes HEAD */
    const char *pattern; /* "/metrics"; "/reports/{}" takes one segment, "/files/{*}" the rest */
    size_t body_max;     /* bytes of a request's body; 0: it must be empty */
    void (*handle)(void *userdata, struct http_exchange *exchange);
};

/**
 * http_route_find() - the route of a request
 * @request:     its parameters are written: the parts of the path at "{}" and "{*}"
 * @ret_methods: the methods that the path has, when 405 is returned
 * Return: 0 and @ret; 404; 405.
 */
NODISCARD unsigned http_route_find(const struct http_route *routes, struct http_request *request,
                                   const struct http_route **ret, unsigned *ret_methods);

#endif
