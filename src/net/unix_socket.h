/* SPDX-License-Identifier: Apache-2.0 */
/* net/unix_socket.h: sockets in the file system. */
#ifndef COFFER_NET_UNIX_SOCKET_H
#define COFFER_NET_UNIX_SOCKET_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/err.h"

enum {
    UNIX_SOCKET_BACKLOG = 64,
    UNIX_SOCKET_PATH_MAX = 107, /* bytes of a path, without its NUL (struct sockaddr_un) */
};

/**
 * unix_socket_listen() - bind, set the file's mode and listen; non-blocking, close-on-exec
 * @type: SOCK_STREAM or SOCK_SEQPACKET
 * @path: a socket file on which no process listens is replaced; any other file is kept
 * Return: 0 and @ret_fd, owned by the caller; -ENAMETOOLONG; -EADDRINUSE when a process listens on
 * @path; -EEXIST when it is not a socket; negative errno. The file stays when the descriptor is
 * closed: the caller unlinks it.
 */
NODISCARD int unix_socket_listen(int type, const char *path, mode_t mode, int *ret_fd,
                                 struct err *err);

/**
 * unix_socket_connect() - connect without waiting; non-blocking, close-on-exec
 * Return: 0 and @ret_fd, owned by the caller; -ENOENT and -ECONNREFUSED when nobody listens;
 * -EAGAIN when the listener's queue is full; negative errno.
 */
NODISCARD int unix_socket_connect(int type, const char *path, int *ret_fd, struct err *err);

/** unix_socket_is_served() - a process listens on the stream socket at @path */
bool unix_socket_is_served(const char *path);

#endif
