/* SPDX-License-Identifier: Apache-2.0 */
/* doctor/probe.h: ask whether somebody answers at a socket. It blocks, with a deadline: for
 * commands only. */
#ifndef COFFER_DOCTOR_PROBE_H
#define COFFER_DOCTOR_PROBE_H

#include <stddef.h>

#include "base/err.h"

/**
 * probe_unix() - connect to a stream socket and hang up
 * Return: 0; -ENOENT; -ENOTSOCK when the file is no socket; -ECONNREFUSED when nobody
 * listens; -ETIMEDOUT; another errno.
 */
NODISCARD int probe_unix(const char *path, int timeout_ms);

/**
 * probe_http() - GET @path from "ADDRESS:PORT", an IPv4 address in digits
 * @ret_status: the status code
 * @body:       receives the body's text, cut to @size; what cannot be printed becomes "?", and line
 *              ends between lines become "; "
 * Return: 0; -EINVAL for an address that is none; -ECONNREFUSED; -ETIMEDOUT; -EBADMSG when the
 * answer is not HTTP; another errno.
 */
NODISCARD int probe_http(const char *address, const char *path, int timeout_ms, int *ret_status,
                         char *body, size_t size);

#endif
