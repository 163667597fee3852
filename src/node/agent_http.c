/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's answers at its HTTP endpoints: metrics, status, and readiness. */
#include "node/agent_internal.h"

static void on_metrics(void *userdata, struct buf *out)
{
    node_metrics_render(userdata, out);
}

static void on_status(void *userdata, struct buf *out)
{
    agent_report_render(userdata, out);
}

static void service_trouble_put(void *userdata, const char *name, const char *trouble,
                                uint64_t starts)
{
    (void)starts;
    if (trouble[0])
        buf_printf(userdata, "%s: %s\n", name, trouble);
}

static bool on_ready(void *userdata, struct buf *why)
{
    const struct agent *a = userdata;
    size_t before;

    if (!platform_is_ready(platform_info(a->platform)))
        buf_put_str(why, "platform: no enclave can be created here now\n");
    for (uint32_t i = 0; i < a->plugin_count; i++)
        if (plugin_trouble(a->plugins[i])[0])
            buf_printf(why, "%s: %s\n", plugin_spec(a->plugins[i])->name,
                       plugin_trouble(a->plugins[i]));
    before = why->len;
    node_services_visit(a->services, service_trouble_put, why);
    return agent_is_ready(a) && why->len == before;
}

const struct service_health_face agent_http_face = {
    .metrics = on_metrics,
    .is_ready = on_ready,
    .status = on_status,
};
