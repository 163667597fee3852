/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/socket_dirs.h: a listening socket in each subdirectory of one directory.
 *
 * A process in another PID namespace has no identity that a server could read from its connection,
 * except for a user ID that the other side chooses. So each container gets a socket of its own: an
 * agent makes a directory for the container and mounts it there, and the name of the directory
 * tells the server which container a connection comes from. Directories come and go while the
 * server runs, and they outlive it.
 */
#ifndef COFFER_NET_SOCKET_DIRS_H
#define COFFER_NET_SOCKET_DIRS_H

#include <sys/types.h>

#include "net/loop.h"

enum {
    SOCKET_DIRS_NAME_SIZE = 64, /* bytes of a subdirectory's name, NUL included */
    SOCKET_DIRS_MAX = 1024,     /* sockets; each needs a descriptor */
    SOCKET_DIRS_POLL_MS = 1000, /* how often to look where inotify is not to be had */
};

/** struct socket_dirs_ops - borrowed for the object's life */
struct socket_dirs_ops {
    /** the socket @fd, borrowed, of the subdirectory @name has connections */
    void (*connection)(void *userdata, int fd, const char *name);
    /** something is not as it should be; the object works on. For the log. */
    void (*trouble)(void *userdata, const struct err *err);
};

/** struct socket_dirs_options - strings are borrowed for the object's life */
struct socket_dirs_options {
    const char *dir;  /* is made when it does not exist; its parent exists */
    const char *file; /* name of the socket in each subdirectory */
    int type;         /* SOCK_STREAM or SOCK_SEQPACKET */
    mode_t mode;      /* of the sockets */
    int backlog;
    bool no_inotify; /* a machine whose inotify instances are used up; for tests */
};

struct socket_dirs; /* opaque */

/**
 * socket_dirs_new() - listen in every subdirectory that exists, and watch for others
 *
 * A socket of another process is replaced in one step, so at no instant is there none. A
 * subdirectory in which no socket can be made is told as trouble, and tried again when the
 * directory changes.
 *
 * Return: 0; -ENAMETOOLONG; -ENOMEM; errno of making or reading @options->dir.
 */
NODISCARD int socket_dirs_new(struct loop *loop, const struct socket_dirs_options *options,
                              const struct socket_dirs_ops *ops, void *userdata,
                              struct socket_dirs **ret, struct err *err);

/** socket_dirs_free() - close the sockets; their files stay for the next process to replace */
void socket_dirs_free(struct socket_dirs *d);
void socket_dirs_freep(struct socket_dirs **d);

/** socket_dirs_scan() - look for subdirectories now */
void socket_dirs_scan(struct socket_dirs *d);

/** socket_dirs_visit() - call connection() for each socket, whether it has connections or not */
void socket_dirs_visit(struct socket_dirs *d);

/** socket_dirs_accept() - pause connection(), or go on; for a process without descriptors */
void socket_dirs_accept(struct socket_dirs *d, bool is_accepting);

/** socket_dirs_count() - sockets that listen */
unsigned socket_dirs_count(const struct socket_dirs *d);

#endif
