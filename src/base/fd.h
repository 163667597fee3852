/* SPDX-License-Identifier: Apache-2.0 */
/* base/fd.h: file descriptors and whole files. */
#ifndef COFFER_BASE_FD_H
#define COFFER_BASE_FD_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/** fd_closep() - cleanup: CLEANUP(fd_closep) int fd = -1; */
void fd_closep(int *fd);

/** fd_close() - close unless negative, keep errno. Return: -1, so that `fd = fd_close(fd)` clears
 * it. */
int fd_close(int fd);

/**
 * fd_read_file() - append a whole file ("-" is standard input) to @into, whose max bounds it
 * Return: 0; negative errno of open or read; -EMSGSIZE when the file is larger than @into allows.
 */
NODISCARD int fd_read_file(const char *path, struct buf *into, struct err *err);

/**
 * fd_write_file() - replace a file so that a crash at any instant leaves the old or the new one:
 * write to a temporary beside it, fsync, rename, fsync of the directory
 */
NODISCARD int fd_write_file(const char *path, struct span content, mode_t mode, struct err *err);

/** fd_write_all() - write every byte, retrying EINTR and short writes. Return: 0 or -errno. */
NODISCARD int fd_write_all(int fd, struct span bytes);

/** fd_set_nonblocking() - Return: 0 or -errno */
NODISCARD int fd_set_nonblocking(int fd);

/** fd_make_dirs() - mkdir -p. Return: 0; negative errno. */
NODISCARD int fd_make_dirs(const char *path, mode_t mode, struct err *err);

#endif
