/* SPDX-License-Identifier: Apache-2.0 */
/* aesm/client.h: a blocking client of the AESM protocol, for `coffer quote`, doctor and the
 * benchmarks. */
#ifndef COFFER_AESM_CLIENT_H
#define COFFER_AESM_CLIENT_H

#include "aesm/message.h"

enum {
    AESM_CLIENT_TIMEOUT_MS = 15000, /* as Intel's client */
    AESM_CLIENT_RETRY_MS = 3000,    /* how long a service that is being restarted is waited for */
};

/** struct aesm_client - where to ask; plain data */
struct aesm_client {
    const char *socket; /* path; one that begins with '@' is an abstract name */
    int64_t timeout_ms; /* for one request in all: to connect, send and receive */
    int64_t retry_ms;   /* 0: fail at once when nobody listens */
};

/**
 * aesm_client_ask() - one connection, one request, one response
 * @message: receives the response's message, into which @ret points
 * Return: 0; -ENOENT or -ECONNREFUSED when nobody listens; -ETIMEDOUT; -ECONNRESET when the service
 * closed without an answer; -EBADMSG; another errno.
 */
NODISCARD int aesm_client_ask(const struct aesm_client *client, enum aesm_kind kind,
                              const struct aesm_field *fields, size_t count, struct buf *message,
                              struct aesm_response *ret, struct err *err);

/**
 * aesm_client_target_info() - the enclave that a report must be made for
 * Return: 0; -EPROTO with the service's reason when it has none; as aesm_client_ask().
 */
NODISCARD int aesm_client_target_info(const struct aesm_client *client,
                                      uint8_t ret[static AESM_TARGET_INFO_SIZE], struct err *err);

/**
 * aesm_client_quote() - the quote of a report, appended to @quote without the padding
 * @report: AESM_REPORT_SIZE bytes, made for aesm_client_target_info()
 * Return: as aesm_client_target_info().
 */
NODISCARD int aesm_client_quote(const struct aesm_client *client, const uint8_t *report,
                                struct buf *quote, struct err *err);

#endif
