/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crypto/tls_server.h: the server's side of TLS 1.2 and 1.3 as a transport (base/transport.h), for
 * servers on an event loop. Certificate and key are files that may be replaced while we serve.
 *
 * Sessions are resumed by tickets (crypto/tls_ticket.h). Nothing is kept for a connection that has
 * ended. The process ignores SIGPIPE: OpenSSL writes to sockets without MSG_NOSIGNAL.
 */
#ifndef COFFER_CRYPTO_TLS_SERVER_H
#define COFFER_CRYPTO_TLS_SERVER_H

#include "base/transport.h"

enum {
    TLS_SERVER_RECORD_SIZE = 16 * 1024, /* bytes of data in a record */
};

/** struct tls_server_settings - files in PEM; borrowed for the server's life */
struct tls_server_settings {
    const char *certificate_file; /* the server's certificate, then those that lead to its root */
    const char *key_file;         /* its private key, EC or RSA */
    const char *client_ca_file; /* clients must show a certificate of these; NULL: they need none */
};

struct tls_server; /* opaque */

/**
 * tls_server_new() - read the files
 * Return: 0; -ENOENT and the like for a file that cannot be read; -EBADMSG for one that is not PEM
 * of its kind, or a key that does not belong to the certificate; -ENOMEM.
 */
NODISCARD int tls_server_new(const struct tls_server_settings *settings, struct tls_server **ret,
                             struct err *err);

/** tls_server_free() - connections that were accepted may live on */
void tls_server_free(struct tls_server *s);
void tls_server_freep(struct tls_server **s);

/**
 * tls_server_refresh() - read the files again if they have changed; some system calls otherwise
 * Return: 1 when new connections use the new files; 0 when nothing has changed; as tls_server_new()
 * when they cannot be used: the old ones stay in use, and the next call tries again.
 */
NODISCARD int tls_server_refresh(struct tls_server *s, struct err *err);

/** tls_server_transport() - what makes a transport of an accepted socket; valid as long as @s */
struct transport_source tls_server_transport(struct tls_server *s);

#endif
