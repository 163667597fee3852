/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node/holders.h: what the software platform's enclaves hold, by container: the counterpart of a
 * scan of /proc for the hardware's. The ledger knows processes; their cgroup names the container.
 */
#ifndef COFFER_NODE_HOLDERS_H
#define COFFER_NODE_HOLDERS_H

#include "epc/committed.h"
#include "epc/server.h"

/**
 * holders_collect() - replace the content of @into by what @server's clients hold now
 *
 * Processes that the agent cannot see in @proc, for want of the host's process namespace, are one
 * row with empty ids.
 *
 * Return: 0; -E2BIG above EPC_COMMITTED_ROWS_MAX; -ENOMEM. @into is untouched then.
 */
NODISCARD int holders_collect(const struct epc_server *server, const char *proc,
                              struct epc_committed *into, struct err *err);

#endif
