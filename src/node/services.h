/* SPDX-License-Identifier: Apache-2.0 */
/* node/services.h: the services that the agent runs beside itself, by profile and options. */
#ifndef COFFER_NODE_SERVICES_H
#define COFFER_NODE_SERVICES_H

#include "node/agent.h"

struct services; /* opaque */

/**
 * services_new() - start what @options ask for: the quote helper, and for a profile whose EPC is
 * in the Node's status, the service that holds it there
 * Return: 0; -ENOENT when a service's executable is missing; -EINVAL without a node name.
 */
NODISCARD int services_new(struct loop *loop, const struct agent_options *options,
                           struct services **ret, struct err *err);
void services_free(struct services *s);

/** services_update() - the platform's EPC is now @epc_size bytes, 0 while no enclave can run */
void services_update(struct services *s, uint64_t epc_size);

/** services_reap() - call for each SIGCHLD */
void services_reap(struct services *s);

#endif
