/* SPDX-License-Identifier: Apache-2.0 */
/* net/http/get.h: one blocking GET over plain HTTP to a numeric address, for commands only. */
#ifndef COFFER_NET_HTTP_GET_H
#define COFFER_NET_HTTP_GET_H

#include "base/buf.h"
#include "net/http/response.h"

/**
 * http_get() - GET @path from @address, "HOST:PORT" or "[V6]:PORT" with a numeric host
 * @storage: receives the whole response, bounded by its max; @ret points into it
 * Return: 0 for any status; -EINVAL; -ECONNREFUSED; -ETIMEDOUT; -EMSGSIZE; -EBADMSG.
 */
NODISCARD int http_get(const char *address, const char *path, int timeout_ms, struct buf *storage,
                       struct http_response *ret, struct err *err);

#endif
