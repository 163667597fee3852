/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epc/owners.h: whom a connection to the ledger belongs to: a container, which the node names, or a
 * process of the socket that all share. Connections are counted by owner, so that a flood is the
 * flooder's own loss.
 */
#ifndef COFFER_EPC_OWNERS_H
#define COFFER_EPC_OWNERS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/macros.h"
#include "epc/protocol.h"

/** struct epc_owner - exists as long as it has connections */
struct epc_owner {
    struct epc_owner *next;
    uint32_t count;                 /* connections */
    uint64_t limit;                 /* pages of the container, 0: none */
    char container[EPC_GROUP_SIZE]; /* NUL-padded; empty: a process */
    uid_t uid;
    pid_t pid; /* 0: of another PID namespace */
};

/** struct epc_owners - zero is empty */
struct epc_owners {
    struct epc_owner *first;
};

/**
 * epc_owners_container() - the owner that is the directory @name, "ANYTHING.BYTES"
 *
 * BYTES is the container's limit of EPC, decimal, rounded down to pages; 0 or another text: none.
 * Names of more than EPC_GROUP_SIZE bytes are cut.
 *
 * Return: the owner, its count not changed; NULL without memory.
 */
struct epc_owner *epc_owners_container(struct epc_owners *o, const char *name);

/** epc_owners_process() - the owner of the process with these credentials; NULL without memory */
struct epc_owner *epc_owners_process(struct epc_owners *o, uid_t uid, pid_t pid);

/** epc_owners_largest() - the owner with most connections, or NULL */
struct epc_owner *epc_owners_largest(const struct epc_owners *o);

/** epc_owners_release() - forget @owner when it has no connection */
void epc_owners_release(struct epc_owners *o, struct epc_owner *owner);

#endif
