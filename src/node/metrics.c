/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus text exposition format 0.0.4; label values are names that Kubernetes has checked. */
#include <inttypes.h>

#include "node/agent_internal.h"

static void family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void epc_render(const struct agent *a, struct buf *out)
{
    const struct platform_info *info = platform_info(a->platform);
    const struct plugin *epc = agent_epc_plugin(a);
    const struct device_list *list = epc ? plugin_list(epc) : NULL;

    family(out, "coffer_epc_capacity_bytes", "gauge", "EPC of this machine by NUMA node.");
    for (uint32_t i = 0; i < info->node_count; i++)
        buf_printf(out, "coffer_epc_capacity_bytes{numa_node=\"%d\"} %" PRIu64 "\n",
                   info->nodes[i].id, info->nodes[i].epc_size);
    family(out, "coffer_epc_allocatable_bytes", "gauge", "EPC that the kubelet may give out now.");
    buf_printf(out, "coffer_epc_allocatable_bytes %" PRIu64 "\n",
               !list              ? info->epc_size
               : list->is_healthy ? device_list_bytes(list->count)
                                  : 0);
    family(out, "coffer_epc_left_out_bytes", "gauge",
           "EPC that does not fit into one device list; see coffer doctor.");
    buf_printf(out, "coffer_epc_left_out_bytes %" PRIu64 "\n",
               list ? device_list_bytes(list->dropped) : 0);
    family(out, "coffer_platform_ready", "gauge", "1 when an enclave can be created here now.");
    buf_printf(out, "coffer_platform_ready{backend=\"%s\"} %d\n",
               platform_backend_name(info->backend), platform_is_ready(info));
}

static void ledger_render(struct agent *a, struct buf *out)
{
    const struct pod_resources *rows = node_ledger_allocated(a->ledger);
    const struct plugin *epc = agent_epc_plugin(a);

    family(out, "coffer_epc_allocated_bytes", "gauge", "EPC that the kubelet gave to a container.");
    for (uint32_t i = 0; epc && i < rows->count; i++) {
        const struct pod_resources_row *row = &rows->rows[i];

        if (a->plugins[row->resource] == epc)
            buf_printf(out,
                       "coffer_epc_allocated_bytes{namespace=\"%s\",pod=\"%s\",container=\"%s\"} "
                       "%" PRIu64 "\n",
                       row->namespace_name, row->pod, row->container,
                       device_list_bytes(row->count));
    }
    family(out, "coffer_ledger_current", "gauge", "1 when the kubelet's last list was read.");
    buf_printf(out, "coffer_ledger_current %d\n", node_ledger_is_current(a->ledger));
}

static void committed_render(struct agent *a, struct buf *out)
{
    const struct epc_committed *committed = agent_committed(a);

    family(out, "coffer_epc_committed_bytes", "gauge",
           "Enclave address space that a container has mapped.");
    for (uint32_t i = 0; i < committed->count; i++) {
        struct epc_container_name name = {0};

        (void)!epc_committed_name(a->options.log_dir, committed->rows[i].container_id, &name);
        buf_printf(out,
                   "coffer_epc_committed_bytes{container_id=\"%s\",namespace=\"%s\",pod=\"%s\","
                   "container=\"%s\"} %" PRIu64 "\n",
                   committed->rows[i].container_id, name.namespace_name, name.pod, name.container,
                   committed->rows[i].size);
    }
}

static void kubelet_render(const struct agent *a, struct buf *out)
{
    family(out, "coffer_kubelet_connected", "gauge", "1 when a kubelet watches the resource.");
    for (uint32_t i = 0; i < a->plugin_count; i++)
        buf_printf(out, "coffer_kubelet_connected{resource=\"%s\"} %d\n", a->resources[i],
                   plugin_is_connected(a->plugins[i]));
    family(out, "coffer_registrations_total", "counter", "Registrations with a kubelet.");
    for (uint32_t i = 0; i < a->plugin_count; i++) {
        const struct plugin_counters *c = plugin_counters(a->plugins[i]);

        buf_printf(out,
                   "coffer_registrations_total{resource=\"%s\",result=\"accepted\"} %" PRIu64 "\n"
                   "coffer_registrations_total{resource=\"%s\",result=\"failed\"} %" PRIu64 "\n",
                   a->resources[i], c->registrations, a->resources[i], c->registration_errors);
    }
}

static void allocate_render(const struct agent *a, struct buf *out)
{
    family(out, "coffer_allocations_total", "counter", "Allocate calls by result.");
    for (uint32_t i = 0; i < a->plugin_count; i++) {
        const struct plugin_counters *c = plugin_counters(a->plugins[i]);

        buf_printf(out,
                   "coffer_allocations_total{resource=\"%s\",result=\"granted\"} %" PRIu64 "\n"
                   "coffer_allocations_total{resource=\"%s\",result=\"refused\"} %" PRIu64 "\n",
                   a->resources[i], c->allocations, a->resources[i], c->allocation_errors);
    }
    family(out, "coffer_allocate_seconds", "histogram", "Time of Allocate inside the agent.");
    for (uint32_t i = 0; i < a->plugin_count; i++) {
        const struct plugin_counters *c = plugin_counters(a->plugins[i]);
        uint64_t all = c->allocations + c->allocation_errors, below = 0;

        for (size_t k = 0; k < PLUGIN_LATENCY_BUCKETS; k++) {
            below += c->latency_buckets[k];
            buf_printf(out,
                       "coffer_allocate_seconds_bucket{resource=\"%s\",le=\"%g\"} %" PRIu64 "\n",
                       a->resources[i], (double)plugin_latency_bounds_us[k] / 1e6, below);
        }
        buf_printf(out,
                   "coffer_allocate_seconds_bucket{resource=\"%s\",le=\"+Inf\"} %" PRIu64 "\n"
                   "coffer_allocate_seconds_sum{resource=\"%s\"} %g\n"
                   "coffer_allocate_seconds_count{resource=\"%s\"} %" PRIu64 "\n",
                   a->resources[i], all, a->resources[i], (double)c->latency_us / 1e6,
                   a->resources[i], all);
    }
}

void node_metrics_render(struct agent *a, struct buf *out)
{
    family(out, "coffer_build_info", "gauge", "Version of this agent.");
    buf_printf(out, "coffer_build_info{version=\"%s\",profile=\"%s\"} 1\n", COFFER_VERSION,
               a->options.profile->name);
    epc_render(a, out);
    ledger_render(a, out);
    committed_render(a, out);
    kubelet_render(a, out);
    allocate_render(a, out);
}
