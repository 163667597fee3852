/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/confine.h: what a service forbids itself before it reads the first byte of a stranger, so
 * that a fault in a parser is not the fault of the whole node. Needs no right, works outside of
 * containers too, and cannot be undone. Call it after service_rights_drop(), which sets
 * no_new_privs, and before threads are started.
 */
#ifndef COFFER_SERVICE_CONFINE_H
#define COFFER_SERVICE_CONFINE_H

#include <stdbool.h>

#include "base/err.h"

/**
 * service_confine_files() - from now on write, make and remove files below @dirs only, and execute
 * none (Landlock)
 * @dirs:          NULL-terminated; all exist
 * @ret_is_in_use: false on a kernel without Landlock (before Linux 5.13, or switched off)
 * Return: 0 in both cases; negative errno.
 */
NODISCARD int service_confine_files(const char *const *dirs, bool *ret_is_in_use, struct err *err);

/**
 * service_confine_calls() - from now on the system calls that a service never makes fail with EPERM
 * (seccomp): starting programs, tracing, mounts, namespaces, modules, keys of the kernel, io_uring
 * @ret_is_in_use: false on a kernel without seccomp filters
 * Return: 0 in both cases; negative errno.
 */
NODISCARD int service_confine_calls(bool *ret_is_in_use, struct err *err);

#endif
