/* SPDX-License-Identifier: Apache-2.0 */
/* net/tcp_socket.h: sockets on numeric addresses: "127.0.0.1:9808", "[::]:9808". */
#ifndef COFFER_NET_TCP_SOCKET_H
#define COFFER_NET_TCP_SOCKET_H

#include <netinet/in.h>

#include "base/err.h"

enum {
    TCP_SOCKET_BACKLOG = 4096, /* connections that wait for accept(), within the kernel's limit */
};

/** struct tcp_address - a parsed address; both families */
struct tcp_address {
    struct sockaddr_storage storage;
    socklen_t size; /* bytes of @storage that count */
};

/**
 * tcp_socket_address_parse() - "HOST:PORT" or "[V6]:PORT", numeric only
 * Return: 0; -EINVAL with the reason.
 */
NODISCARD int tcp_socket_address_parse(const char *text, struct tcp_address *ret, struct err *err);

/**
 * tcp_socket_listen() - bind and listen; non-blocking, close-on-exec. "[::]" takes IPv4 as well.
 * @buffer_size: bytes, SO_SNDBUF and SO_RCVBUF of each accepted connection; Linux doubles it
 *
 * Accepted sockets inherit TCP_NODELAY and the sizes of the buffers. What the kernel keeps for a
 * peer that does not read counts in the memory of our cgroup, so it has to be bounded as well.
 *
 * Return: 0 and @ret_fd, owned by the caller; -EINVAL; -EADDRINUSE; negative errno.
 */
NODISCARD int tcp_socket_listen(const char *address, int buffer_size, int *ret_fd, struct err *err);

/** tcp_socket_port() - the port that is bound; 0 when @fd is not such a socket */
unsigned tcp_socket_port(int fd);

/**
 * tcp_socket_connect() - connect and wait for it; blocking, for commands only
 * @timeout_ms: for connecting, and for each read and write after it
 * Return: 0 and @ret_fd, owned by the caller; -EINVAL; -ECONNREFUSED; -ETIMEDOUT; negative errno.
 */
NODISCARD int tcp_socket_connect(const char *address, int timeout_ms, int *ret_fd, struct err *err);

#endif
