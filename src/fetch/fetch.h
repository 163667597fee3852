/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/fetch.h: one HTTP request to another machine, with the answer in bounded memory. This is
 * the only user of libcurl.
 *
 * A fetcher keeps its connections for the next request and belongs to one thread. A call waits for
 * the network, so a service makes it in a thread beside its loop.
 *
 * The server's certificate is always checked. Redirects are not followed, because the services that
 * we ask never redirect, and a redirect to a chosen address is a classic attack.
 */
#ifndef COFFER_FETCH_FETCH_H
#define COFFER_FETCH_FETCH_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum {
    FETCH_URL_SIZE_MAX = 8192,             /* bytes; a PCK certificate request has 768 hex digits */
    FETCH_BODY_SIZE_MAX = 8 * 1024 * 1024, /* bytes of an answer's body */
    FETCH_HEADERS_SIZE_MAX = 64 * 1024,    /* bytes of an answer's header fields */
    FETCH_CONNECT_MS = 5000,               /* until the connection stands, TLS included */
    FETCH_TOTAL_MS = 30000,                /* until the whole answer is here */
};

/** struct fetch_options - strings are copied; zero means the default */
struct fetch_options {
    const char *proxy;   /* "http://proxy:3128"; NULL: as the environment says (curl(1)) */
    const char *ca_file; /* PEM, trusted in place of the system's roots; NULL: the system's */
    long total_ms;       /* FETCH_TOTAL_MS */
};

/** struct fetch_request - borrowed for the call */
struct fetch_request {
    const char *url;            /* http:// or https:// */
    const char *const *headers; /* "Name: value", ends with NULL; NULL for none */
    bool is_post;               /* with @body; otherwise GET */
    struct span body;
};

/** struct fetch_answer - release with fetch_answer_done() */
struct fetch_answer {
    int status;         /* HTTP status code, 100 to 999 */
    struct buf headers; /* as received, one field a line, each with its CR LF */
    struct buf body;
};

struct fetch; /* opaque */

/**
 * fetch_new() - a fetcher without connections
 * Return: 0; -ENOMEM; -EINVAL for an option that libcurl does not take.
 */
NODISCARD int fetch_new(const struct fetch_options *options, struct fetch **ret, struct err *err);
void fetch_free(struct fetch *f);
void fetch_freep(struct fetch **f);

/**
 * fetch_run() - send @request and wait for its answer
 * Return: 0 for an answer of any status; -EINVAL for an unusable URL; -EHOSTUNREACH when the host
 * has no address or cannot be connected; -EPROTO when TLS fails, a certificate that is not trusted
 * included; -ETIMEDOUT; -EMSGSIZE for an answer beyond the limits; -EBADMSG for an answer that is
 * not HTTP or ends early; -ENOMEM. The reason in @err names the URL without its query.
 */
NODISCARD int fetch_run(struct fetch *f, const struct fetch_request *request,
                        struct fetch_answer *ret, struct err *err);
void fetch_answer_done(struct fetch_answer *a);

/** fetch_header() - the value of the first field @name, in any case of letters; the empty span when
 *  the answer has none. Borrowed from @a. */
struct span fetch_header(const struct fetch_answer *a, const char *name);

#endif
