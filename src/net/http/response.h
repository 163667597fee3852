/* SPDX-License-Identifier: Apache-2.0 */
/* net/http/response.h: a whole HTTP/1.x response, split. Pure. */
#ifndef COFFER_NET_HTTP_RESPONSE_H
#define COFFER_NET_HTTP_RESPONSE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

/** struct http_response - @body points into the bytes that were parsed */
struct http_response {
    unsigned status; /* 100 to 599; 0 = not established */
    bool has_length; /* the body is as long as its Content-Length said */
    struct span body;
};

/**
 * http_response_parse() - split a whole HTTP/1.x response
 * Return: 0; -EBADMSG when it is not a response, when it has a transfer coding (the
 * requests of our clients are HTTP/1.0, which has none), or when its body is shorter or longer than
 * its Content-Length.
 */
NODISCARD int http_response_parse(struct span wire, struct http_response *ret, struct err *err);

#endif
