/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node/ledger.h: who holds how much EPC on this node: what the kubelet has allocated, through its
 * pod-resources API, and what enclaves have committed to, from /proc (hardware only: the software
 * platform has a ledger of its own).
 */
#ifndef COFFER_NODE_LEDGER_H
#define COFFER_NODE_LEDGER_H

#include <stdbool.h>

#include "kube/pod_resources.h"
#include "net/loop.h"
#include "epc/committed.h"

enum {
    LEDGER_PERIOD_MS = 10000,  /* between two lists when nothing happens */
    LEDGER_SOON_MS = 500,      /* after an Allocate: the kubelet commits it a moment later */
    LEDGER_TIMEOUT_MS = 10000, /* for one list */
};

struct node_ledger; /* opaque */

struct node_ledger_settings {
    struct loop *loop;
    const char *kubelet_dir;
    const char *proc;    /* "/proc" */
    const char *log_dir; /* "/var/log/containers", names containers for their ids */
    const char *const *resources;
    uint32_t resource_count;
    void (*listed)(void *userdata); /* the list of node_ledger_allocated() is new */
    void *userdata;
};

/** node_ledger_new() - @settings is borrowed for the ledger's life */
NODISCARD int node_ledger_new(const struct node_ledger_settings *settings, struct node_ledger **ret,
                              struct err *err);
void node_ledger_free(struct node_ledger *l);

/** node_ledger_refresh_soon() - something was allocated */
void node_ledger_refresh_soon(struct node_ledger *l);

/** node_ledger_allocated() - the newest list that the kubelet gave; rows of the resources asked for
 */
const struct pod_resources *node_ledger_allocated(const struct node_ledger *l);

/** node_ledger_is_current() - the last list succeeded */
bool node_ledger_is_current(const struct node_ledger *l);

/** node_ledger_trouble() - why it did not; "" otherwise */
const char *node_ledger_trouble(const struct node_ledger *l);

/** node_ledger_committed() - enclave mappings by container, as the last scan found them; asking
 * starts another one */
const struct epc_committed *node_ledger_committed(struct node_ledger *l);

#endif
