/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http/prebuilt.h: an answer that is made once and sent many times. What differs from answer to
 * answer (status line, date, connection) is rendered each time; the other fields and the body are
 * one buffer that many connections share.
 */
#ifndef COFFER_NET_HTTP_PREBUILT_H
#define COFFER_NET_HTTP_PREBUILT_H

#include "base/err.h"
#include "base/span.h"

/**
 * struct http_prebuilt - fields and body as one buffer, shared and immutable
 *
 * It is swapped while connections still send it: each of them holds a reference.
 */
struct http_prebuilt {
    unsigned references;
    unsigned status;
    size_t fields_len; /* bytes of the fields with the empty line, at the start of @bytes */
    size_t len;        /* bytes in all */
    uint8_t bytes[];
};

/**
 * http_prebuilt_new() - @fields are further header fields, each with its CR LF; usually empty
 * Return: 0 and @ret with one reference; -EMSGSIZE above HTTP_BODY_SIZE_MAX; -ENOMEM.
 */
NODISCARD int http_prebuilt_new(unsigned status, const char *content_type, struct span fields,
                                struct span body, struct http_prebuilt **ret, struct err *err);
struct http_prebuilt *http_prebuilt_ref(struct http_prebuilt *p);

/** http_prebuilt_unref() - NULL is allowed. Return: NULL, so that p = http_prebuilt_unref(p). */
struct http_prebuilt *http_prebuilt_unref(struct http_prebuilt *p);

/** http_prebuilt_body() - borrowed */
struct span http_prebuilt_body(const struct http_prebuilt *p);

#endif
