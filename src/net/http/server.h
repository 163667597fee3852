/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http/server.h: HTTP/1.1 for metrics and health: GET of fixed paths, small text answers.
 * Header and body sizes and idle times are bounded.
 */
#ifndef COFFER_NET_HTTP_SERVER_H
#define COFFER_NET_HTTP_SERVER_H

#include "base/buf.h"
#include "base/err.h"
#include "net/loop.h"

enum {
    HTTP_BODY_SIZE_MAX = 8 * 1024 * 1024, /* bytes of one answer */
};

struct http_server; /* opaque */

/** struct http_answer - what a route's handler fills */
struct http_answer {
    int status;               /* 200 unless the handler says otherwise */
    const char *content_type; /* "text/plain; charset=utf-8" unless the handler says otherwise */
    struct buf body;
};

/** struct http_route - a table ends with an all-zero row */
struct http_route {
    const char *path;
    void (*get)(void *userdata, struct http_answer *answer);
};

/**
 * http_server_new() - serve @routes, borrowed, on @address
 * @address: "HOST:PORT" with a numeric host, "[::1]:9808"; port 0 chooses a free one
 * Return: 0; -EINVAL for an address that cannot be; -EADDRINUSE; negative errno.
 */
NODISCARD int http_server_new(struct loop *loop, const char *address,
                              const struct http_route *routes, void *userdata,
                              struct http_server **ret, struct err *err);
void http_server_free(struct http_server *server);

/** http_server_port() - the port that is bound */
unsigned http_server_port(const struct http_server *server);

#endif
