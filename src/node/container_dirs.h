/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node/container_dirs.h: a directory for each container, in which a service has a socket of its own
 * for that container (net/socket_dirs.h). Allocate names no pod, but a device belongs to one
 * container: the lowest index of a container's devices names its directory,
 * BASE/containers/KIND-INDEX.LIMIT, with the container's EPC limit in bytes or 0.
 */
#ifndef COFFER_NODE_CONTAINER_DIRS_H
#define COFFER_NODE_CONTAINER_DIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/path.h"
#include "node/profile.h"

#define CONTAINER_DIRS_NAME "containers" /* below the directory of the socket that all share */

enum {
    CONTAINER_DIRS_KEPT_S = 3600, /* a directory without a container is kept this long */
};

/**
 * container_dirs_make() - the directory of a container, made when it does not exist
 *
 * A new directory has the mode of BASE/containers, so that a service of another user can make its
 * socket there when the administrator has opened that directory to it.
 *
 * Return: 0; -ENAMETOOLONG; errno of making it.
 */
NODISCARD int container_dirs_make(const char *base, enum resource_kind kind, uint32_t index,
                                  uint64_t limit, char ret_path[static PATH_SIZE], struct err *err);

/** container_dirs_fn - Return: whether a container holds the device @index as its lowest */
typedef bool (*container_dirs_fn)(void *userdata, enum resource_kind kind, uint32_t index);

/**
 * container_dirs_sweep() - remove directories whose container has gone
 * @is_held: what the kubelet's list says, which leaves out init containers that run; so only
 *           directories that have not changed for CONTAINER_DIRS_KEPT_S before @now_s are removed
 */
void container_dirs_sweep(const char *base, container_dirs_fn is_held, void *userdata,
                          int64_t now_s);

#endif
