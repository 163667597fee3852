/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http/field.h: the lines and fields that requests and responses have in common (RFC 9112
 * sections 2, 5 and 6). Strict and pure: a line ends with CR LF and with nothing else, a name is
 * followed by its colon, no field is continued on the next line. Two readers of one message that
 * disagree about its lines are how requests are smuggled, so nothing here is repaired.
 */
#ifndef COFFER_NET_HTTP_FIELD_H
#define COFFER_NET_HTTP_FIELD_H

#include "base/err.h"
#include "base/span.h"

/** struct http_field - both point into the message; @value has no blanks at either end */
struct http_field {
    struct span name, value;
};

/** http_field_is_token() - one or more of the characters of a token (RFC 9110 section 5.6.2) */
bool http_field_is_token(struct span text);

/** http_field_is_name() - the name of a field or a coding, compared without regard to case */
bool http_field_is_name(struct span text, const char *name);

/**
 * http_field_head_find() - where a head ends: after its first empty line
 * @scanned: bytes that earlier calls have seen, so that a head in pieces is read once; 0 at first
 * @ret_len: bytes of the head with its empty line; written when 1 is returned
 * Return: 1; 0 when the end has not arrived; -EBADMSG at a line feed without a carriage return.
 */
NODISCARD int http_field_head_find(struct span bytes, size_t *scanned, size_t *ret_len,
                                   struct err *err);

/** http_field_line_take() - one line off the front, without its CR LF. Return: false without a
 * whole line
 */
bool http_field_line_take(struct span *rest, struct span *ret_line);

/**
 * http_field_take() - one field line off the front of @rest
 * Return: 1; 0 at the empty line, which is taken as well; -EBADMSG for anything that is no field.
 */
NODISCARD int http_field_take(struct span *rest, struct http_field *ret, struct err *err);

/**
 * http_field_length_parse() - the value of a Content-Length: one or more decimal digits
 * Return: 0; -EBADMSG for other characters; -EMSGSIZE when it has too many.
 */
NODISCARD int http_field_length_parse(struct span value, uint64_t *ret, struct err *err);

/** http_field_list_next() - the next element of a comma-separated list; empty elements are passed
 * over. Return: false at the end. */
bool http_field_list_next(struct span *rest, struct span *ret);

#endif
