/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent answers at its HTTP endpoints: metrics, status, and whether it is ready. */
#include "node/agent_internal.h"

static void on_metrics(void *userdata, struct buf *out)
{
    node_metrics_render(userdata, out);
}

static void on_status(void *userdata, struct buf *out)
{
    agent_report_render(userdata, out);
}

static bool on_ready(void *userdata, struct buf *why)
{
    const struct agent *a = userdata;

    if (!platform_is_ready(platform_info(a->platform)))
        buf_put_str(why, "platform: no enclave can be created here now\n");
    for (uint32_t i = 0; i < a->plugin_count; i++)
        if (plugin_trouble(a->plugins[i])[0])
            buf_printf(why, "%s: %s\n", plugin_spec(a->plugins[i])->name,
                       plugin_trouble(a->plugins[i]));
    return agent_is_ready(a);
}

const struct service_health_face agent_http_face = {
    .metrics = on_metrics,
    .is_ready = on_ready,
    .status = on_status,
};
