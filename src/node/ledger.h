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

struct ledger; /* opaque */

struct ledger_place {
    struct loop *loop;
    const char *kubelet_dir;
    const char *proc;    /* "/proc" */
    const char *log_dir; /* "/var/log/containers", names containers for their ids */
    const char *const *resources;
    uint32_t resource_count;
};

/** ledger_new() - @place is borrowed for the ledger's life */
NODISCARD int ledger_new(const struct ledger_place *place, struct ledger **ret, struct err *err);
void ledger_free(struct ledger *l);

/** ledger_refresh_soon() - something was allocated */
void ledger_refresh_soon(struct ledger *l);

/** ledger_allocated() - the newest list that the kubelet gave; rows of the resources asked for */
const struct pod_resources *ledger_allocated(const struct ledger *l);

/** ledger_is_current() - the last list succeeded */
bool ledger_is_current(const struct ledger *l);

/** ledger_trouble() - why it did not; "" otherwise */
const char *ledger_trouble(const struct ledger *l);

/** ledger_committed() - enclave mappings by container, as the last scan found them; asking starts
 *  another one */
const struct epc_committed *ledger_committed(struct ledger *l);

#endif
