/* SPDX-License-Identifier: Apache-2.0 */
/* net/http/target.h: percent-encoding and the query of a request target (RFC 3986). Pure. */
#ifndef COFFER_NET_HTTP_TARGET_H
#define COFFER_NET_HTTP_TARGET_H

#include "base/buf.h"

/**
 * http_target_decode() - append the decoded text to @out, whose max bounds it
 * Return: false for a malformed escape, for an encoded NUL, and when @out is full.
 */
bool http_target_decode(struct span text, struct buf *out);

/**
 * http_target_query_find() - the first pair of a query with this name: "a=1&b=2"
 * @ret: its value as received, empty without "="; written when true is returned
 */
bool http_target_query_find(struct span query, const char *name, struct span *ret);

/**
 * http_target_query_value() - as http_target_query_find(), and decoded ("+" is a blank) into @out
 * Return: 1; 0 when the query has no such name; -EBADMSG for a malformed value; -EMSGSIZE when it
 * is longer than @out permits; -ENOMEM.
 */
NODISCARD int http_target_query_value(struct span query, const char *name, struct buf *out);

#endif
