/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's metrics. Amounts of EPC are in bytes and per NUMA node or per container, so that sums
 * are left to Prometheus. What was given out (by the kubelet) and what is mapped (by enclaves) are
 * two metrics with the same labels: a container that maps more than it was given asked for too
 * little, and one query finds it.
 */
#include <stdio.h>

#include "node/agent_internal.h"
#include "service/prometheus.h"

static uint64_t allocatable_bytes(const struct platform_info *info, const struct device_list *list)
{
    if (!list)
        return info->epc_size;
    return list->is_healthy ? device_list_bytes(list->count) : 0;
}

static void capacity_put(const struct platform_info *info, struct buf *out)
{
    static const char name[] = "coffer_epc_capacity_bytes";

    prometheus_head(out, name, "gauge", "EPC of this machine by NUMA node.");
    for (uint32_t i = 0; i < info->node_count; i++) {
        char number[16];
        const struct prometheus_label labels[] = {{"numa_node", number}, {0}};

        snprintf(number, sizeof(number), "%d", info->nodes[i].id);
        prometheus_sample(out, name, labels, info->nodes[i].epc_size);
    }
}

static void platform_put(const struct agent *a, struct buf *out)
{
    const struct platform_info *info = platform_info(a->platform);
    const struct plugin *epc = agent_epc_plugin(a);
    const struct device_list *list = epc ? plugin_list(epc) : NULL;
    const struct prometheus_label backend[] = {{"backend", platform_backend_name(info->backend)},
                                               {0}};

    capacity_put(info, out);
    prometheus_value(out, "coffer_epc_allocatable_bytes", "gauge",
                     "EPC that the kubelet may give out now.", allocatable_bytes(info, list));
    prometheus_value(out, "coffer_epc_left_out_bytes", "gauge",
                     "EPC that does not fit into one device list; see coffer doctor.",
                     list ? device_list_bytes(list->dropped) : 0);
    prometheus_head(out, "coffer_platform_ready", "gauge",
                    "1 when an enclave can be created here now.");
    prometheus_sample(out, "coffer_platform_ready", backend, platform_is_ready(info));
}

static void allocated_put(struct agent *a, struct buf *out)
{
    static const char name[] = "coffer_epc_allocated_bytes";
    const struct pod_resources *rows = node_ledger_allocated(a->ledger);
    const struct plugin *epc = agent_epc_plugin(a);

    prometheus_head(out, name, "gauge", "EPC that the kubelet gave to a container.");
    for (uint32_t i = 0; epc && i < rows->count; i++) {
        const struct pod_resources_row *row = &rows->rows[i];
        const struct prometheus_label labels[] = {{"namespace", row->namespace_name},
                                                  {"pod", row->pod},
                                                  {"container", row->container},
                                                  {0}};

        if (a->plugins[row->resource] == epc)
            prometheus_sample(out, name, labels, device_list_bytes(row->count));
    }
    prometheus_value(out, "coffer_ledger_current", "gauge",
                     "1 when the kubelet's last list was read.", node_ledger_is_current(a->ledger));
}

static void committed_put(struct agent *a, struct buf *out)
{
    static const char name[] = "coffer_epc_committed_bytes";
    const struct epc_committed *committed = agent_committed(a);

    prometheus_head(out, name, "gauge", "Enclave address space that a container has mapped.");
    for (uint32_t i = 0; i < committed->count; i++) {
        const struct epc_committed_row *row = &committed->rows[i];
        struct epc_container_name owner = {0};
        const struct prometheus_label labels[] = {{"container_id", row->container_id},
                                                  {"namespace", owner.namespace_name},
                                                  {"pod", owner.pod},
                                                  {"container", owner.container},
                                                  {0}};

        (void)!epc_committed_name(a->options.log_dir, row->container_id, &owner);
        prometheus_sample(out, name, labels, row->size);
    }
}

static void result_put(const char *name, const char *resource, const char *result, uint64_t count,
                       struct buf *out)
{
    const struct prometheus_label labels[] = {{"resource", resource}, {"result", result}, {0}};

    prometheus_sample(out, name, labels, count);
}

static void kubelet_put(const struct agent *a, struct buf *out)
{
    static const char name[] = "coffer_registrations_total";

    prometheus_head(out, "coffer_kubelet_connected", "gauge",
                    "1 when a kubelet watches the resource.");
    for (uint32_t i = 0; i < a->plugin_count; i++) {
        const struct prometheus_label labels[] = {{"resource", a->resources[i]}, {0}};

        prometheus_sample(out, "coffer_kubelet_connected", labels,
                          plugin_is_connected(a->plugins[i]));
    }
    prometheus_head(out, name, "counter", "Registrations with a kubelet.");
    for (uint32_t i = 0; i < a->plugin_count; i++) {
        const struct plugin_counters *c = plugin_counters(a->plugins[i]);

        result_put(name, a->resources[i], "accepted", c->registrations, out);
        result_put(name, a->resources[i], "failed", c->registration_errors, out);
    }
}

static void allocations_put(const struct agent *a, struct buf *out)
{
    static const char name[] = "coffer_allocations_total";

    prometheus_head(out, name, "counter", "Allocate calls by result.");
    for (uint32_t i = 0; i < a->plugin_count; i++) {
        const struct plugin_counters *c = plugin_counters(a->plugins[i]);

        result_put(name, a->resources[i], "granted", c->allocations, out);
        result_put(name, a->resources[i], "refused", c->allocation_errors, out);
    }
}

static void allocate_time_put(const struct agent *a, struct buf *out)
{
    static const char name[] = "coffer_allocate_seconds";

    prometheus_head(out, name, "histogram", "Time of Allocate inside the agent.");
    for (uint32_t i = 0; i < a->plugin_count; i++) {
        const struct plugin_counters *c = plugin_counters(a->plugins[i]);
        const struct prometheus_label labels[] = {{"resource", a->resources[i]}, {0}};
        const struct prometheus_histogram h = {
            .bounds_us = plugin_latency_bounds_us,
            .buckets = c->latency_buckets,
            .count = PLUGIN_LATENCY_BUCKETS,
            .observations = c->allocations + c->allocation_errors,
            .sum_us = c->latency_us,
        };

        prometheus_histogram_put(out, name, labels, &h);
    }
}

static void service_up_put(void *userdata, const char *name, const char *trouble, uint64_t starts)
{
    const struct prometheus_label labels[] = {{"service", name}, {0}};

    (void)starts;
    prometheus_sample(userdata, "coffer_service_up", labels, trouble[0] == 0);
}

static void service_starts_put(void *userdata, const char *name, const char *trouble,
                               uint64_t starts)
{
    const struct prometheus_label labels[] = {{"service", name}, {0}};

    (void)trouble;
    prometheus_sample(userdata, "coffer_service_starts_total", labels, starts);
}

static void services_put(const struct agent *a, struct buf *out)
{
    prometheus_head(out, "coffer_service_up", "gauge",
                    "1 while a service beside the agent runs, 0 when it ended by itself.");
    node_services_visit(a->services, service_up_put, out);
    prometheus_head(out, "coffer_service_starts_total", "counter",
                    "Starts of a service beside the agent.");
    node_services_visit(a->services, service_starts_put, out);
}

void node_metrics_render(struct agent *a, struct buf *out)
{
    const struct prometheus_label build[] = {
        {"version", COFFER_VERSION}, {"profile", agent_profile_name(a)}, {0}};

    prometheus_head(out, "coffer_build_info", "gauge", "Version of this agent.");
    prometheus_sample(out, "coffer_build_info", build, 1);
    platform_put(a, out);
    allocated_put(a, out);
    committed_put(a, out);
    kubelet_put(a, out);
    allocations_put(a, out);
    allocate_time_put(a, out);
    services_put(a, out);
}
