/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's HTTP endpoints: metrics, status, and the two probes. */
#include <errno.h>

#include "node/agent_internal.h"

#define LOG_AREA "agent"
#include "base/log.h"

static void on_metrics(void *userdata, struct http_answer *answer)
{
    answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
    node_metrics_render(userdata, &answer->body);
}

static void on_status(void *userdata, struct http_answer *answer)
{
    answer->content_type = "application/json";
    agent_report_render(userdata, &answer->body);
}

static void on_health(void *userdata, struct http_answer *answer)
{
    (void)userdata;
    buf_put_str(&answer->body, "ok\n");
}

static void on_ready(void *userdata, struct http_answer *answer)
{
    const struct agent *a = userdata;
    bool is_ready = agent_is_ready(a);

    answer->status = is_ready ? 200 : 503;
    buf_put_str(&answer->body, is_ready ? "ok\n" : "not ready\n");
    if (!platform_is_ready(platform_info(a->platform)))
        buf_put_str(&answer->body, "platform: no enclave can be created here now\n");
    for (uint32_t i = 0; i < a->plugin_count; i++)
        if (plugin_trouble(a->plugins[i])[0])
            buf_printf(&answer->body, "%s: %s\n", plugin_spec(a->plugins[i])->name,
                       plugin_trouble(a->plugins[i]));
}

static const struct http_route routes[] = {
    {"/metrics", on_metrics},
    {"/status", on_status},
    {"/healthz", on_health},
    {"/readyz", on_ready},
    {0},
};

int agent_http_assert(struct agent *a, struct err *err)
{
    int r;

    if (a->http || !a->options.metrics[0])
        return 0;
    r = http_server_new(a->loop, a->options.metrics, routes, a, &a->http, err);
    if (r != -EADDRINUSE)
        return r;
    if (!a->is_http_awaited)
        log_warn("the address of the metrics is taken; trying again every second", "reason=\"%s\"",
                 err->text);
    a->is_http_awaited = true;
    return 0;
}
