/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node/removal.h: what `coffer node --remove` takes off a node's file system: sockets of agents
 * that have ended, and what the software platform made in its run directory.
 *
 * The state directory stays: its secret is the key of everything that enclaves of this node have
 * sealed. Devices stay in pods that run.
 */
#ifndef COFFER_NODE_REMOVAL_H
#define COFFER_NODE_REMOVAL_H

#include "base/buf.h"
#include "base/err.h"

/** struct removal_settings - where to look; borrowed */
struct removal_settings {
    const char *device_plugins_dir; /* the kubelet's sockets */
    const char *run_dir;            /* the software platform's */
    const char *aesm_dir;           /* the quote helper's socket */
};

/**
 * removal_run() - remove the files
 * @removed: receives a line for each file and directory that was removed
 * Return: 0, also when there was nothing; -EBUSY with a socket that an agent still serves: nothing
 * is removed then; errno of the first file that cannot be removed.
 */
NODISCARD int removal_run(const struct removal_settings *settings, struct buf *removed,
                          struct err *err);

#endif
