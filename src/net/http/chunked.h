/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http/chunked.h: the chunked transfer coding of a request's body (RFC 9112 section 7.1), from
 * pieces of any size. Strict: hexadecimal digits, an optional extension after ";", CR LF. Trailer
 * fields are read and dropped.
 */
#ifndef COFFER_NET_HTTP_CHUNKED_H
#define COFFER_NET_HTTP_CHUNKED_H

#include "base/buf.h"
#include "base/err.h"

enum {
    HTTP_CHUNK_LINE_MAX = 256,     /* bytes of a chunk's size with its extension */
    HTTP_CHUNK_DIGITS_MAX = 8,     /* hexadecimal digits of a chunk's size */
    HTTP_CHUNK_TRAILER_MAX = 2048, /* bytes of all trailer fields */
};

/** struct http_chunked - caller storage, zero-initialised; needs no release */
struct http_chunked {
    enum http_chunked_state {
        HTTP_CHUNKED_SIZE, /* in the digits of a chunk's size */
        HTTP_CHUNKED_EXTENSION,
        HTTP_CHUNKED_SIZE_LF,
        HTTP_CHUNKED_DATA,
        HTTP_CHUNKED_DATA_CR,
        HTTP_CHUNKED_DATA_LF,
        HTTP_CHUNKED_TRAILER, /* in the trailer section, after the last chunk */
        HTTP_CHUNKED_END,
    } state;
    uint64_t left;   /* bytes of the current chunk that have not arrived */
    size_t line_len; /* bytes of the current line */
    size_t digits;   /* of the current size */
    size_t trailer_len;
    bool line_has_cr; /* the last byte of the trailer section was CR */
};

/**
 * http_chunked_feed() - take bytes up to the end of the body
 * @bytes: advanced over the bytes that were taken
 * @body:  receives the data of the chunks; its max bounds them
 * Return: 1 when the body is complete; 0 when more bytes are needed; -EBADMSG; -EMSGSIZE above the
 * body's max; -ENOMEM. After an error the body must not be used.
 */
NODISCARD int http_chunked_feed(struct http_chunked *c, struct span *bytes, struct buf *body,
                                struct err *err);

#endif
