/* SPDX-License-Identifier: Apache-2.0 */
/* node/agent_internal.h: the agent as its parts see it: agent.c, agent_http.c,
 * agent_report.c, agent_resources.c and metrics.c. */
#ifndef COFFER_NODE_AGENT_INTERNAL_H
#define COFFER_NODE_AGENT_INTERNAL_H

#include "node/advertised.h"
#include "base/path.h"
#include "node/agent.h"
#include "node/services.h"
#include "epc/server.h"
#include "service/health.h"
#include "service/loop_log.h"
#include "service/rights.h"
#include "service/stop.h"

struct agent {
    struct agent_options options;
    struct profile_choice choice; /* its profile is NULL until it is chosen */
    struct loop *loop;
    struct platform *platform;
    struct plugin_settings plugin_settings;
    struct plugin *plugins[PROFILE_RESOURCES_MAX];
    uint32_t plugin_count;
    const char *resources[PROFILE_RESOURCES_MAX]; /* names, in the plugins' order */
    struct node_ledger_settings ledger_settings;
    struct node_ledger *ledger;
    struct advertised_settings advertised_settings;
    struct advertised *advertised;
    struct epc_committed held;     /* by the software platform's enclaves, when last asked */
    struct service_health *health; /* NULL without an address */
    char metrics_v4[32];           /* the address on a kernel without IPv6 */
    struct service_stop *stop;
    struct node_services *services;
    char ledger_containers[PATH_SIZE]; /* directory of the containers' ledger sockets */
    struct epc_server *epc;            /* NULL on hardware, and while another agent serves it */
    struct loop_timer *tick;
    struct loop_timer *poll;
    struct loop_watch *children; /* SIGCHLD */
    char socket_dir[4096];       /* the kubelet's device-plugins directory */
    int inotify;
    struct loop_watch *inotify_watch;
    bool is_watching;     /* inotify is armed on socket_dir */
    bool is_watch_missed; /* the kernel has no watch left; the log says so */
    int64_t started_s;
};

/**
 * agent_profile_settle() - choose the profile and make its plugins, unless that is done, or has to
 * wait because --profile=auto does not know the EPC yet
 * Return: 0; -ENOMEM.
 */
NODISCARD int agent_profile_settle(struct agent *a, struct err *err);

/** agent_advertised_make() - begin to compare with what the kubelet gives out; Return: 0; -ENOMEM
 */
NODISCARD int agent_advertised_make(struct agent *a, struct err *err);

/** agent_epc_plugin() - the plugin whose devices are EPC, or NULL (profile intel) */
struct plugin *agent_epc_plugin(const struct agent *a);

/** agent_committed() - what enclaves hold by container, whichever backend; borrowed until the next
 *  call */
const struct epc_committed *agent_committed(struct agent *a);

/** agent_profile_name() - "auto" until the EPC is known and a profile is chosen */
const char *agent_profile_name(const struct agent *a);

/** agent_serves_quotes() - containers get a socket of the quote helper, whoever runs it */
static inline bool agent_serves_quotes(const struct agent *a)
{
    return a->options.has_quote_helper || a->options.has_quote_sockets;
}

/** agent_is_ready() - the device is there and every needed plugin is connected */
bool agent_is_ready(const struct agent *a);

/** agent_http_face - the answers at the HTTP endpoints; its userdata is the agent */
extern const struct service_health_face agent_http_face;

/** node_metrics_render() - Prometheus text exposition format 0.0.4 */
void node_metrics_render(struct agent *a, struct buf *out);

/** agent_report_render() - the JSON object of /status and `coffer node --status --json` */
void agent_report_render(struct agent *a, struct buf *out);

#endif
