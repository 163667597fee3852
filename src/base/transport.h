/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/transport.h: bytes over a connected, non-blocking socket, plain or secured. The seam between
 * servers, which know nothing of cryptography, and TLS, which knows nothing of event loops: a
 * service that does not speak TLS does not link it.
 */
#ifndef COFFER_BASE_TRANSPORT_H
#define COFFER_BASE_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/err.h"

struct transport;

struct transport_ops {
    /* Return: bytes; 0 at the orderly end; -EAGAIN, see @wants_write; another negative errno */
    ssize_t (*read)(struct transport *t, uint8_t *to, size_t size);
    /* writes some of the bytes. Return: how many, at least 1; -EAGAIN; another negative errno */
    ssize_t (*write)(struct transport *t, const struct iovec *pieces, int count);
    /* tell the peer that no more bytes follow; best effort */
    void (*end)(struct transport *t);
    /* close the socket and free the transport */
    void (*close)(struct transport *t);
};

/** struct transport - the first member of an implementation's struct */
struct transport {
    const struct transport_ops *ops;
    int fd;           /* to wait on; owned by the transport */
    bool wants_write; /* after -EAGAIN: the socket must become writable, not readable */
    bool has_more;    /* after a read: bytes are left that the socket does not announce */
};

/** struct transport_source - makes a transport of an accepted socket */
struct transport_source {
    /* @fd: owned by the transport on success only. Return: 0 and @ret; -ENOMEM. */
    int (*accept)(void *context, int fd, struct transport **ret, struct err *err);
    void *context;
};

/** transport_plain_accept() - the accept of plain sockets; @context is not used */
int transport_plain_accept(void *context, int fd, struct transport **ret, struct err *err);

#endif
