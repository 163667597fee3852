/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kube/api_client.h: one request to the Kubernetes API server, blocking. HTTP/1.0, so that the body
 * ends with the connection and no transfer coding can occur (RFC 9112 6.1).
 */
#ifndef COFFER_KUBE_API_CLIENT_H
#define COFFER_KUBE_API_CLIENT_H

#include "base/buf.h"
#include "base/err.h"
#include "net/http/response.h"

enum {
    API_RESPONSE_SIZE_MAX = 4 * 1024 * 1024, /* bytes, head included */
    API_TOKEN_SIZE_MAX = 16 * 1024,          /* bytes of a bearer token */
    API_TIMEOUT_MS = 10000,                  /* for connecting and for each read */
};

/** struct api_client - all borrowed; the files are read for each request, since both are rotated */
struct api_client {
    const char *host;
    const char *port;
    const char *ca_file;
    const char *token_file;
};

struct api_request {
    const char *method;
    const char *path;         /* with query, already escaped */
    const char *content_type; /* NULL without a body */
    struct span body;
};

/**
 * api_client_call() - send @request, read the whole response into @storage
 * @storage: buf_init(API_RESPONSE_SIZE_MAX) of the caller; @ret points into it
 * Return: 0 for any HTTP status; negative errno when there is no complete response.
 */
NODISCARD int api_client_call(const struct api_client *client, const struct api_request *request,
                              struct buf *storage, struct http_response *ret, struct err *err);

#endif
