/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client blocks, and the socket's own timeouts (SO_SNDTIMEO, SO_RCVTIMEO) bound every call:
 * they hold for connect(), for the handshake_do and for each read and write, without a loop or a
 * second thread. A timeout surfaces as EAGAIN, which OpenSSL reports as WANT_READ or WANT_WRITE.
 *
 * Only the CA file that the caller names is trusted, never the system's roots: the peer is the
 * cluster's API server, whose CA Kubernetes mounts into the pod. A peer that closes without TLS's
 * close_notify is an error (-ECONNRESET), since an attacker can cut a connection to shorten an
 * answer.
 */
#include "crypto/tls_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"

struct tls_client {
    int fd;
    SSL_CTX *context;
    SSL *ssl;
};

static const char *library_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    return reason ? reason : "unknown TLS failure_set";
}

static int address_connect(const struct addrinfo *address, int timeout_ms)
{
    struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    CLEANUP(fd_closep) int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
        connect(fd, address->ai_addr, address->ai_addrlen) < 0)
        return errno == EINPROGRESS ? -ETIMEDOUT : -errno;
    return TAKE_FD(fd);
}

static int host_connect(const struct tls_peer *peer, struct err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
    int fd = -EHOSTUNREACH;
    int r = getaddrinfo(peer->host, peer->port, &hints, &list);

    if (r != 0)
        return err_set(err, -EHOSTUNREACH, "look up %s: %s", peer->host, gai_strerror(r));
    for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
        fd = address_connect(a, peer->timeout_ms);
    freeaddrinfo(list);
    if (fd < 0)
        return err_set(err, fd, "connect to %s port %s: %s", peer->host, peer->port, strerror(-fd));
    return fd;
}

/* RFC 9110, section 4.3.4: an address literal is compared with iPAddress names, a name with
 * dNSName. */
static bool host_expect(SSL *ssl, const char *host)
{
    uint8_t address[sizeof(struct in6_addr)];
    char name[256]; /* OpenSSL's macro for the server name takes no const */

    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return snprintf(name, sizeof(name), "%s", host) < (int)sizeof(name) &&
           SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static int context_prepare(struct tls_client *c, const struct tls_peer *peer, struct err *err)
{
    c->context = SSL_CTX_new(TLS_client_method());
    if (!c->context)
        return err_set(err, -ENOMEM, "TLS context: %s", library_reason());
    SSL_CTX_set_min_proto_version(c->context, TLS1_2_VERSION);
    SSL_CTX_set_verify(c->context, SSL_VERIFY_PEER, NULL);
    if (access(peer->ca_file, R_OK) < 0)
        return err_errno(err, "CA file %s", peer->ca_file);
    if (SSL_CTX_load_verify_file(c->context, peer->ca_file) != 1)
        return err_set(err, -EBADMSG, "CA file %s: %s", peer->ca_file, library_reason());
    c->ssl = SSL_new(c->context);
    if (!c->ssl || !host_expect(c->ssl, peer->host) || SSL_set_fd(c->ssl, c->fd) != 1)
        return err_set(err, -ENOMEM, "TLS session: %s", library_reason());
    return 0;
}

static int handshake_do(struct tls_client *c, const struct tls_peer *peer, struct err *err)
{
    long verdict;

    if (SSL_connect(c->ssl) == 1)
        return 0;
    verdict = SSL_get_verify_result(c->ssl);
    if (verdict != X509_V_OK)
        return err_set(err, -EACCES, "certificate of %s: %s", peer->host,
                       X509_verify_cert_error_string(verdict));
    return err_set(err, -EPROTO, "TLS with %s: %s", peer->host, library_reason());
}

int tls_client_new(const struct tls_peer *peer, struct tls_client **ret, struct err *err)
{
    CLEANUP(tls_client_freep) struct tls_client *c = calloc(1, sizeof(*c));
    int r;

    if (!c)
        return err_set(err, -ENOMEM, "TLS connection");
    ERR_clear_error();
    c->fd = r = host_connect(peer, err);
    if (r >= 0)
        r = context_prepare(c, peer, err);
    if (r >= 0)
        r = handshake_do(c, peer, err);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(c);
    return 0;
}

void tls_client_free(struct tls_client *c)
{
    if (!c)
        return;
    SSL_free(c->ssl);
    SSL_CTX_free(c->context);
    fd_close(c->fd);
    free(c);
}

void tls_client_freep(struct tls_client **c)
{
    tls_client_free(*c);
}

static int failure_set(struct tls_client *c, int result, const char *what, struct err *err)
{
    int saved = errno;
    int kind = SSL_get_error(c->ssl, result);

    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE ||
        (kind == SSL_ERROR_SYSCALL && saved == EAGAIN))
        return err_set(err, -ETIMEDOUT, "%s: timed out", what);
    if (kind == SSL_ERROR_SYSCALL && saved)
        return err_set(err, -saved, "%s: %s", what, strerror(saved));
    return err_set(err, kind == SSL_ERROR_SSL ? -ECONNRESET : -EIO, "%s: %s", what,
                   library_reason());
}

int tls_client_write(struct tls_client *c, struct span bytes, struct err *err)
{
    size_t written;
    int r;

    ERR_clear_error();
    r = SSL_write_ex(c->ssl, bytes.data, bytes.len, &written);
    return r == 1 && written == bytes.len ? 0 : failure_set(c, r, "write", err);
}

ssize_t tls_client_read(struct tls_client *c, uint8_t *to, size_t size, struct err *err)
{
    size_t count;
    int r;

    ERR_clear_error();
    r = SSL_read_ex(c->ssl, to, size, &count);
    if (r == 1)
        return (ssize_t)count;
    if (SSL_get_error(c->ssl, r) == SSL_ERROR_ZERO_RETURN)
        return 0;
    return failure_set(c, r, "read", err);
}
