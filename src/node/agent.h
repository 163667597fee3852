/* SPDX-License-Identifier: Apache-2.0 */
/* node/agent.h: the node agent: platform, plugins, ledger, HTTP and the services beside it. */
#ifndef COFFER_NODE_AGENT_H
#define COFFER_NODE_AGENT_H

#include "service/child.h"
#include "node/ledger.h"
#include "node/plugin.h"

/** enum agent_quote - options that the agent hands to the quote helper, by their names there */
enum agent_quote {
    AGENT_QUOTE_CA,
    AGENT_QUOTE_PCCS_URL,
    AGENT_QUOTE_RATE,
    AGENT_QUOTE_BURST,
    AGENT_QUOTE_QUEUE,
    AGENT_QUOTE_DEADLINE,
    AGENT_QUOTE_METRICS,
    AGENT_QUOTE_COUNT,
};

/** struct agent_options - borrowed for the agent's life */
struct agent_options {
    const struct profile *profile; /* NULL: the one that fits the node (auto) */
    struct platform_options platform;
    const char *kubelet_dir;        /* "/var/lib/kubelet": the kubelet's --root-dir */
    const char *device_plugins_dir; /* NULL: "device-plugins" in @kubelet_dir */
    const char *metrics;            /* "127.0.0.1:9808"; "" for none */
    const char *log_dir;            /* "/var/log/containers" */
    const char *aesm_dir;           /* host directory of the quote helper's socket */
    const char *node_name;          /* of the Node object, for profiles that write its status */
    const char *api_server;         /* HOST:PORT; NULL: the cluster's own */
    bool can_write_status;          /* there are a node name, an API server and a token */
    bool has_quote_helper;          /* run it, and mount its sockets into containers */
    bool has_quote_sockets;         /* only mount them: the quote helper runs by itself */
    struct {
        const char *values[AGENT_QUOTE_COUNT]; /* NULL: the helper's default */
    } quote;
    bool has_aliases;
};

struct agent; /* opaque */

/**
 * agent_new() - discover the platform and make all parts; nothing is registered yet
 * Return: 0; errors of platform_new(), of the metrics address, or of a service beside.
 */
NODISCARD int agent_new(const struct agent_options *options, struct agent **ret, struct err *err);

/** agent_run() - until SIGTERM or SIGINT */
NODISCARD int agent_run(struct agent *a, struct err *err);
void agent_free(struct agent *a);

#endif
