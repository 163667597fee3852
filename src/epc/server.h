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
    EPC_CLIENTS_MAX = 4096,       /* processes in all */
    EPC_CLIENTS_PER_OWNER = 1024, /* of one container, or connections of one process */
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

/** epc_trouble_fn - for the log: a container has no socket, or the like */
typedef void (*epc_trouble_fn)(const struct err *err);

/**
 * epc_server_serve_containers() - listen also at EPC_SOCKET_NAME in each subdirectory of @dir, each
 * for one container, whose limit is in its name (epc/owners.h). From then on no process is believed
 * to hold more than its container may, or than the node has.
 * @dir: borrowed for the server's life; made when it does not exist
 */
NODISCARD int epc_server_serve_containers(struct epc_server *s, const char *dir,
                                          epc_trouble_fn trouble, struct err *err);

/** epc_server_client_count() - connections, whether they hold pages or not */
uint32_t epc_server_client_count(const struct epc_server *s);

const struct epc_ledger *epc_server_ledger(const struct epc_server *s);

/** epc_visit_fn - one process that holds pages, in bytes */
typedef void (*epc_visit_fn)(void *userdata, pid_t pid, uint64_t charged, uint64_t resident);
void epc_server_visit(const struct epc_server *s, epc_visit_fn visit, void *userdata);

#endif
