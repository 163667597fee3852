/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin_internal.h"

#include <errno.h>

#include "base/buf.h"
#include "base/clock.h"
#include "kube/device_plugin.h"

#define LOG_AREA "plugin"
#include "base/log.h"

enum {
    ANSWER_SIZE_MAX = 4 * 1024 * 1024, /* bytes of an answer to the kubelet */
};

const int64_t plugin_latency_bounds_us[PLUGIN_LATENCY_BUCKETS] = {100,  500,   1000,  2000,
                                                                  5000, 10000, 20000, 100000};

static void get_options(void *service, struct grpc_call *call, struct span request)
{
    CLEANUP(buf_done) struct buf answer = buf_init(ANSWER_SIZE_MAX);

    (void)service;
    (void)request;
    device_plugin_options_render(&answer);
    grpc_call_reply(call, buf_span(&answer));
}

static void pre_start(void *service, struct grpc_call *call, struct span request)
{
    (void)service;
    (void)request;
    grpc_call_reply(call, span_of(NULL, 0));
}

/* ListAndWatch */

static void list_read(void *context, uint32_t offset, uint8_t *to, size_t size)
{
    const struct watcher *w = context;

    device_list_read(&w->snapshot, offset, to, size);
}

static bool watcher_next(void *stream, struct grpc_source *ret)
{
    struct watcher *w = stream;

    if (w->generation == w->plugin->generation)
        return false;
    w->generation = w->plugin->generation;
    w->snapshot = w->plugin->list;
    *ret = (struct grpc_source){device_list_size(&w->snapshot), list_read, w};
    return true;
}

static void watcher_closed(void *stream)
{
    struct watcher *w = stream;
    struct watcher **at = &w->plugin->watchers;

    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    if (!w->plugin->watchers) {
        w->plugin->stream_lost_ms = clock_monotonic_ms();
        log_info("kubelet left", "resource=%s", w->plugin->spec->name);
    }
    free(w);
}

static const struct grpc_stream_ops watcher_ops = {watcher_next, watcher_closed};

static void list_and_watch(void *service, struct grpc_call *call, struct span request)
{
    struct plugin *p = service;
    struct watcher *w = calloc(1, sizeof(*w));

    (void)request;
    if (!w) {
        grpc_call_fail(call, GRPC_RESOURCE_EXHAUSTED, "out of memory");
        return;
    }
    w->plugin = p;
    w->call = call;
    w->next = p->watchers;
    p->watchers = w;
    p->trouble[0] = 0;
    log_info("kubelet watches", "resource=%s devices=%u healthy=%d", p->spec->name, p->list.count,
             p->list.is_healthy);
    grpc_call_stream(call, &watcher_ops, w);
}

void plugin_wake(struct plugin *p)
{
    for (struct watcher *w = p->watchers; w; w = w->next)
        grpc_call_wake(w->call);
}

void plugin_resend(struct plugin *p)
{
    p->generation++;
    plugin_wake(p);
}

/* Allocate and GetPreferredAllocation */

static enum grpc_status status_of(int code)
{
    switch (code) {
    case -ENOMEM:
    case -EMSGSIZE:
        return GRPC_RESOURCE_EXHAUSTED;
    case -ENODEV:
        return GRPC_FAILED_PRECONDITION;
    default:
        return GRPC_INVALID_ARGUMENT;
    }
}

struct grants {
    struct plugin *plugin;
    struct buf answer;
};

static int container_grant(void *userdata, uint32_t count, struct err *err)
{
    struct grants *g = userdata;
    const struct plugin *p = g->plugin;
    const struct platform_request request = {
        .enclave = p->spec->kind != RESOURCE_PROVISION,
        .provision = p->spec->kind == RESOURCE_PROVISION,
        .aliases = p->place->has_aliases,
        .epc_limit = p->spec->kind == RESOURCE_EPC ? device_bytes(count) : 0,
        .aesm_dir = p->spec->kind == RESOURCE_PROVISION ? NULL : p->place->aesm_dir,
    };
    struct platform_grant grant;
    int r;

    if (!p->list.is_healthy)
        return err_set(err, -ENODEV, "%s: the device is not there now", p->spec->name);
    r = platform_grant(p->place->platform, &request, &grant, err);
    if (r < 0)
        return r;
    device_plugin_grant_render(&g->answer, &grant);
    return buf_status(&g->answer) < 0 ? err_set(err, buf_status(&g->answer), "answer too large")
                                      : 0;
}

static void latency_count(struct plugin_counters *c, int64_t us)
{
    c->latency_us += (uint64_t)us;
    for (size_t i = 0; i < PLUGIN_LATENCY_BUCKETS; i++) {
        if (us > plugin_latency_bounds_us[i])
            continue;
        c->latency_buckets[i]++;
        return;
    }
}

static void allocate(void *service, struct grpc_call *call, struct span request)
{
    struct plugin *p = service;
    struct grants grants = {.plugin = p, .answer = buf_init(ANSWER_SIZE_MAX)};
    int64_t start_us = clock_monotonic_us();
    struct err err = {0};
    int r = device_plugin_allocate(request, &p->list, container_grant, &grants, &err);

    if (r < 0) {
        p->counters.allocation_errors++;
        log_warn("allocate refused", "resource=%s reason=\"%s\"", p->spec->name, err.text);
        grpc_call_fail(call, status_of(r), "%s", err.text);
    } else {
        p->counters.allocations++;
        grpc_call_reply(call, buf_span(&grants.answer));
        p->place->allocated(p->place->userdata);
    }
    latency_count(&p->counters, clock_monotonic_us() - start_us);
    buf_done(&grants.answer);
}

static void get_preferred(void *service, struct grpc_call *call, struct span request)
{
    struct plugin *p = service;
    CLEANUP(buf_done) struct buf answer = buf_init(ANSWER_SIZE_MAX);
    struct err err = {0};
    int r = device_plugin_preferred(request, &p->list, &answer, &err);

    if (r < 0)
        grpc_call_fail(call, status_of(r), "%s", err.text);
    else
        grpc_call_reply(call, buf_span(&answer));
}

const struct grpc_method plugin_methods[] = {
    {DEVICE_PLUGIN_OPTIONS, get_options},     {DEVICE_PLUGIN_LIST, list_and_watch},
    {DEVICE_PLUGIN_PREFERRED, get_preferred}, {DEVICE_PLUGIN_ALLOCATE, allocate},
    {DEVICE_PLUGIN_PRE_START, pre_start},     {0},
};
