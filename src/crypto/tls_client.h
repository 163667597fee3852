/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/tls_client.h: one blocking TLS connection to a server whose certificate must chain to a
 * given CA and name the host. For the rare request of a process that may wait; never for the
 * agent's loop.
 */
#ifndef COFFER_CRYPTO_TLS_CLIENT_H
#define COFFER_CRYPTO_TLS_CLIENT_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"

struct tls_client; /* opaque */

/** struct tls_peer - the server; everything is borrowed for the call */
struct tls_peer {
    const char *host;    /* name or address literal, checked against the certificate */
    const char *port;    /* decimal or service name */
    const char *ca_file; /* PEM; the only roots that are trusted */
    int timeout_ms;      /* for connecting, and for each read and write */
};

/**
 * tls_client_new() - connect, TLS 1.2 or newer, verify
 * @ret: released with tls_client_free()
 * Return: 0; -ECONNREFUSED and the like from connect; -EACCES when the certificate is not trusted;
 * -EPROTO; -ENOMEM; -ENOENT without the CA file.
 */
NODISCARD int tls_client_new(const struct tls_peer *peer, struct tls_client **ret, struct err *err);
void tls_client_free(struct tls_client *c);
void tls_client_freep(struct tls_client **c);

/** tls_client_write() - all of @bytes. Return: 0; -EIO; -ETIMEDOUT. */
NODISCARD int tls_client_write(struct tls_client *c, struct span bytes, struct err *err);

/**
 * tls_client_read() - up to @size bytes
 * Return: how many; 0 after an orderly close; -ECONNRESET when the peer closed without a
 * close_notify; -ETIMEDOUT; -EIO.
 */
NODISCARD ssize_t tls_client_read(struct tls_client *c, uint8_t *to, size_t size, struct err *err);

#endif
