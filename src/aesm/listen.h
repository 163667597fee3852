/* SPDX-License-Identifier: Apache-2.0 */
/* aesm/listen.h: the two names at which clients look for the quote service. */
#ifndef COFFER_AESM_LISTEN_H
#define COFFER_AESM_LISTEN_H

#include <stdbool.h>

#include "base/err.h"

enum {
    AESM_LISTEN_BACKLOG = 512, /* connections that wait to be accepted */
    AESM_LISTEN_MODE = 0777,   /* like aesmd's: any container's user may ask */
};

/** The abstract name that Gramine and Fortanix's client try; NUL-padded to the whole address. */
#define AESM_LISTEN_ABSTRACT_NAME "sgx_aesm_socket_base"

/**
 * aesm_listen_path() - listen at @path
 * @take_over: put the socket in the place of one that another process serves
 * Return: 0 and @ret_fd; -EADDRINUSE when a process serves it and we do not take over; another
 * errno
 */
NODISCARD int aesm_listen_path(const char *path, bool take_over, int *ret_fd, struct err *err);

/** aesm_listen_abstract() - listen at the abstract name of this network namespace */
NODISCARD int aesm_listen_abstract(int *ret_fd, struct err *err);

#endif
