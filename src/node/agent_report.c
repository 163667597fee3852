/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's status as one JSON object. It has three readers: people, through the table of
 * `coffer node --status`; `coffer doctor`, which makes its checks of the platform's snapshot in it;
 * and scripts. So it says everything that the agent knows, by stable names and in bytes, and every
 * member is there even when it has nothing to say.
 */
#include "node/agent_internal.h"

#include "codec/json_writer.h"

static void cpu_write(struct json_writer *w, const struct platform_cpu *cpu)
{
    json_writer_key(w, "cpu");
    json_writer_object_begin(w);
    json_writer_member_bool(w, "sgx", cpu->has_sgx);
    json_writer_member_bool(w, "flc", cpu->has_flc);
    json_writer_member_bool(w, "sgx1", cpu->has_sgx1);
    json_writer_member_bool(w, "sgx2", cpu->has_sgx2);
    json_writer_member_bool(w, "fsgsbase", cpu->has_fsgsbase);
    json_writer_object_end(w);
}

/* doctor/agent_view.c makes a snapshot of this again. */
static void platform_write(struct json_writer *w, const struct platform_info *info)
{
    json_writer_key(w, "platform");
    json_writer_object_begin(w);
    cpu_write(w, &info->cpu);
    json_writer_member_string(w, "driver_version", info->driver_version);
    json_writer_member_string(w, "enclave_device", info->enclave_path);
    json_writer_member_string(w, "provision_device", info->provision_path);
    json_writer_member_string(w, "epc_source", platform_epc_source_name(info->epc_source));
    json_writer_member_uint(w, "epc_cgroup_bytes", info->epc_cgroup_size);
    json_writer_member_string(w, "backend", platform_backend_name(info->backend));
    json_writer_member_string(w, "driver", platform_driver_name(info->driver));
    json_writer_member_bool(w, "ready", platform_is_ready(info));
    json_writer_member_uint(w, "epc_bytes", info->epc_size);
    json_writer_key(w, "nodes");
    json_writer_array_begin(w);
    for (uint32_t i = 0; i < info->node_count; i++) {
        json_writer_object_begin(w);
        json_writer_member_int(w, "id", info->nodes[i].id);
        json_writer_member_uint(w, "epc_bytes", info->nodes[i].epc_size);
        json_writer_object_end(w);
    }
    json_writer_array_end(w);
    json_writer_key(w, "problems");
    json_writer_array_begin(w);
    for (uint32_t i = 0; i < info->problem_count; i++) {
        json_writer_object_begin(w);
        json_writer_member_string(w, "check", platform_check_name(info->problems[i].check));
        json_writer_member_string(w, "severity",
                                  platform_severity_name(info->problems[i].severity));
        json_writer_member_string(w, "problem", info->problems[i].text);
        json_writer_member_string(w, "remedy", info->problems[i].remedy);
        json_writer_object_end(w);
    }
    json_writer_array_end(w);
    json_writer_object_end(w);
}

static void resources_write(struct json_writer *w, const struct agent *a)
{
    json_writer_key(w, "resources");
    json_writer_array_begin(w);
    for (uint32_t i = 0; i < a->plugin_count; i++) {
        const struct device_list *list = plugin_list(a->plugins[i]);

        json_writer_object_begin(w);
        json_writer_member_string(w, "name", plugin_spec(a->plugins[i])->name);
        json_writer_member_bool(w, "epc", plugin_spec(a->plugins[i])->kind == RESOURCE_EPC);
        json_writer_member_uint(w, "devices", list->count);
        json_writer_member_uint(w, "left_out", list->dropped);
        json_writer_member_bool(w, "healthy", list->is_healthy);
        json_writer_member_bool(w, "topology", list->has_topology);
        json_writer_member_bool(w, "connected", plugin_is_connected(a->plugins[i]));
        json_writer_member_string(w, "trouble", plugin_trouble(a->plugins[i]));
        json_writer_object_end(w);
    }
    json_writer_array_end(w);
}

static void containers_write(struct json_writer *w, const struct agent *a)
{
    const struct pod_resources *rows = node_ledger_allocated(a->ledger);

    json_writer_key(w, "containers");
    json_writer_array_begin(w);
    for (uint32_t i = 0; i < rows->count; i++) {
        json_writer_object_begin(w);
        json_writer_member_string(w, "namespace", rows->rows[i].namespace_name);
        json_writer_member_string(w, "pod", rows->rows[i].pod);
        json_writer_member_string(w, "container", rows->rows[i].container);
        json_writer_member_string(w, "resource", a->resources[rows->rows[i].resource]);
        json_writer_member_uint(w, "devices", rows->rows[i].count);
        json_writer_object_end(w);
    }
    json_writer_array_end(w);
}

static void committed_write(struct json_writer *w, const struct agent *a,
                            const struct epc_committed *committed)
{
    json_writer_key(w, "committed");
    json_writer_array_begin(w);
    for (uint32_t i = 0; i < committed->count; i++) {
        const struct epc_committed_row *row = &committed->rows[i];
        struct epc_container_name name = {0};

        (void)!epc_committed_name(a->options.log_dir, row->container_id, &name);
        json_writer_object_begin(w);
        json_writer_member_string(w, "container_id", row->container_id);
        json_writer_member_string(w, "namespace", name.namespace_name);
        json_writer_member_string(w, "pod", name.pod);
        json_writer_member_string(w, "container", name.container);
        json_writer_member_uint(w, "bytes", row->size);
        json_writer_member_uint(w, "processes", row->process_count);
        json_writer_object_end(w);
    }
    json_writer_array_end(w);
}

void agent_report_render(struct agent *a, struct buf *out)
{
    const struct platform_info *info = platform_info(a->platform);
    struct json_writer w = json_writer_of(out, true);

    json_writer_object_begin(&w);
    json_writer_member_string(&w, "version", COFFER_VERSION);
    json_writer_member_int(&w, "started", a->started_s);
    json_writer_member_string(&w, "profile", agent_profile_name(a));
    json_writer_member_string(&w, "warning", a->choice.warning ? a->choice.warning : "");
    json_writer_member_string(&w, "remedy", a->choice.remedy ? a->choice.remedy : "");
    json_writer_member_bool(&w, "ready", agent_is_ready(a));
    platform_write(&w, info);
    resources_write(&w, a);
    json_writer_key(&w, "ledger");
    json_writer_object_begin(&w);
    json_writer_member_bool(&w, "current", node_ledger_is_current(a->ledger));
    json_writer_member_string(&w, "trouble", node_ledger_trouble(a->ledger));
    containers_write(&w, a);
    committed_write(&w, a, agent_committed(a));
    json_writer_object_end(&w);
    json_writer_object_end(&w);
    buf_put_str(out, "\n");
}
