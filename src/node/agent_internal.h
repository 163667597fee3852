/* SPDX-License-Identifier: Apache-2.0 */
/* node/agent_internal.h: the agent as its parts see it: agent.c, agent_http.c,
 * agent_report.c and metrics.c. */
#ifndef COFFER_NODE_AGENT_INTERNAL_H
#define COFFER_NODE_AGENT_INTERNAL_H

#include "net/http/server.h"
#include "node/agent.h"
#include "node/services.h"
#include "epc/server.h"

struct agent {
    struct agent_options options;
    struct loop *loop;
    struct platform *platform;
    struct plugin_settings plugin_settings;
    struct plugin *plugins[PROFILE_RESOURCES_MAX];
    uint32_t plugin_count;
    const char *resources[PROFILE_RESOURCES_MAX]; /* names, in the plugins' order */
    struct node_ledger_settings ledger_settings;
    struct node_ledger *ledger;
    struct epc_committed held; /* by the software platform's enclaves, when last asked */
    struct http_server *http;
    bool is_http_awaited; /* the address was taken */
    struct node_services *services;
    struct epc_server *epc; /* NULL on hardware, and while another agent serves it */
    struct loop_timer *tick;
    struct loop_timer *poll;
    struct loop_watch *signals[3];
    char socket_dir[4096]; /* the kubelet's device-plugins directory */
    int inotify;
    struct loop_watch *inotify_watch;
    bool is_watching; /* inotify is armed on socket_dir */
    int64_t started_s;
};

/** agent_epc_plugin() - the plugin whose devices are EPC, or NULL (profile intel) */
struct plugin *agent_epc_plugin(const struct agent *a);

/** agent_committed() - what enclaves hold by container, whichever backend; borrowed until the next
 *  call */
const struct epc_committed *agent_committed(struct agent *a);

/** agent_is_ready() - the device is there and every needed plugin is connected */
bool agent_is_ready(const struct agent *a);

/**
 * agent_http_assert() - listen on the address for metrics unless we do
 *
 * An address that is taken comes free when the older instance of a rolling update ends: call it
 * again then.
 *
 * Return: 0 also while the address is taken by somebody else; errors of http_server_new().
 */
NODISCARD int agent_http_assert(struct agent *a, struct err *err);

/** node_metrics_render() - Prometheus text exposition format 0.0.4 */
void node_metrics_render(struct agent *a, struct buf *out);

/** agent_report_render() - the JSON object of /status and `coffer node --status --json` */
void agent_report_render(struct agent *a, struct buf *out);

#endif
