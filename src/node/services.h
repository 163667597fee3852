/* SPDX-License-Identifier: Apache-2.0 */
/* node/services.h: the services that the agent runs beside itself, by profile and options. */
#ifndef COFFER_NODE_SERVICES_H
#define COFFER_NODE_SERVICES_H

#include "node/agent.h"

struct node_services; /* opaque */

/**
 * node_services_new() - start the quote helper, if @options ask for it
 * Return: 0; -ENOENT when its executable is missing.
 */
NODISCARD int node_services_new(struct loop *loop, const struct agent_options *options,
                                struct node_services **ret, struct err *err);
void node_services_free(struct node_services *s);

/**
 * node_services_update() - for a @profile whose EPC is in the Node's status: hold @epc_size there
 * @epc_size: bytes; 0 while no enclave can run
 * Return: 0, also for other profiles; -ENOENT without the executable; -EINVAL without a node name.
 */
NODISCARD int node_services_update(struct node_services *s, const struct profile *profile,
                                   uint64_t epc_size, struct err *err);

/** node_services_fn - one service; @trouble is "" while it runs */
typedef void (*node_services_fn)(void *userdata, const char *name, const char *trouble,
                                 uint64_t starts);

/** node_services_visit() - call @fn for each service that is to run */
void node_services_visit(const struct node_services *s, node_services_fn fn, void *userdata);

/** node_services_reap() - call for each SIGCHLD */
void node_services_reap(struct node_services *s);

#endif
