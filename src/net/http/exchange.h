/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http/exchange.h: one request and its answer, as a route's handler sees them.
 *
 * A handler answers by exactly one call of http_exchange_send(), _send_prebuilt() or _fail(),
 * inside itself or later. The request and all its spans are valid until the handler returns or
 * until the answer, whichever comes first: a handler that answers later copies what it needs
 * before. When the peer has gone in the meantime, the answer is dropped; the call is still needed,
 * since it releases the exchange.
 */
#ifndef COFFER_NET_HTTP_EXCHANGE_H
#define COFFER_NET_HTTP_EXCHANGE_H

#include "base/buf.h"
#include "net/http/answer.h"
#include "net/http/prebuilt.h"
#include "net/http/request.h"

struct http_exchange; /* opaque */

const struct http_request *http_exchange_request(const struct http_exchange *x);

/** http_exchange_body() - the answer's body, to be appended to; a failure of it becomes a 500 */
struct buf *http_exchange_body(struct http_exchange *x);

/** http_exchange_type() - the answer's Content-Type instead of text/plain; borrowed until the
 *  answer */
void http_exchange_type(struct http_exchange *x, const char *content_type);

/** http_exchange_field() - a further header field of the answer, also of a prebuilt one */
PRINTF_LIKE(3, 4)
void http_exchange_field(struct http_exchange *x, const char *name, const char *format, ...);

/** http_exchange_send() - answer with the body that was written */
void http_exchange_send(struct http_exchange *x, unsigned status);

/** http_exchange_send_prebuilt() - takes a reference of its own */
void http_exchange_send_prebuilt(struct http_exchange *x, struct http_prebuilt *answer);

/** http_exchange_fail() - answer with one line of text instead of what was written */
PRINTF_LIKE(3, 4)
void http_exchange_fail(struct http_exchange *x, unsigned status, const char *format, ...);

#endif
