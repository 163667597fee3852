/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epc/server.h: serves an epc_ledger on a unix socket, on the loop. A process is a
 * connection: when it ends, however it ends, the kernel closes it and its pages come back.
 */
#ifndef COFFER_EPC_SERVER_H
#define COFFER_EPC_SERVER_H

#include <sys/types.h>

#include "base/err.h"
#include "net/loop.h"
#include "epc/ledger.h"

enum {
    EPC_CLIENTS_MAX = 4096, /* processes; further connections are closed at once */
};

struct epc_server; /* opaque */

/**
 * epc_server_new() - listen on @path, readable and writable for all
 * @epc_size: bytes
 * Return: 0; -EADDRINUSE when somebody serves it; -ENAMETOOLONG; negative errno.
 */
NODISCARD int epc_server_new(struct loop *loop, const char *path, uint64_t epc_size,
                             enum epc_overcommit overcommit, struct epc_server **ret,
                             struct err *err);
void epc_server_free(struct epc_server *s);

/** epc_server_client_count() - connections, whether they hold pages or not */
uint32_t epc_server_client_count(const struct epc_server *s);

const struct epc_ledger *epc_server_ledger(const struct epc_server *s);

/** epc_visit_fn - one process that holds pages, in bytes */
typedef void (*epc_visit_fn)(void *userdata, pid_t pid, uint64_t charged, uint64_t resident);
void epc_server_visit(const struct epc_server *s, epc_visit_fn visit, void *userdata);

#endif
