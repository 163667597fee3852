/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The five calls of the DevicePlugin service. Four of them are answered inside their handler,
 * within microseconds: the kubelet has no timeout on Allocate and GetPreferredAllocation, and holds
 * the admission of every pod of the node while one of them is under way.
 *
 * ListAndWatch is a stream that lasts as long as the kubelet does. Each stream is a watcher with
 * the generation of the list that it was sent. When the list changes, the plugin's generation grows
 * and every stream is woken; it then finds that its generation is old and sends the newest list. So
 * a list that changes several times while a kubelet reads slowly is sent once. The watcher keeps a
 * copy of the list (a few ranges), because the message is made piece by piece and must not change
 * half-way. There can be several watchers: a kubelet that is restarted may dial before its old
 * connection is gone.
 *
 * Allocate says nothing about the pod. The device and the variables depend on the resource and on
 * the number of devices only; who holds what is learned later from the kubelet (ledger.c). The
 * directories with the sockets of the quote service and of the software platform's ledger are the
 * container's own (container_dirs.h): by them the services tell containers apart.
 */
#include "node/plugin_internal.h"

#include <errno.h>

#include "base/buf.h"
#include "base/clock.h"
#include "kube/device_plugin.h"
#include "node/container_dirs.h"

#define LOG_AREA "plugin"
#include "base/log.h"

enum {
    ANSWER_SIZE_MAX = 4 * 1024 * 1024, /* bytes of an answer to the kubelet */
};

const int64_t plugin_latency_bounds_us[PLUGIN_LATENCY_BUCKETS] = {100,  500,   1000,  2000,
                                                                  5000, 10000, 20000, 100000};

static void on_options(void *service, struct grpc_call *call, struct span request)
{
    CLEANUP(buf_done) struct buf answer = buf_init(ANSWER_SIZE_MAX);

    (void)service;
    (void)request;
    device_plugin_options_render(&answer);
    grpc_call_reply(call, buf_span(&answer));
}

static void on_pre_start(void *service, struct grpc_call *call, struct span request)
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

static void on_list_and_watch(void *service, struct grpc_call *call, struct span request)
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
    p->displaced_ms = 0; /* the kubelet needs a moment to take the list */
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

/* A grant in the form of the device plugin API: one ContainerAllocateResponse. */
static void grant_render(const struct platform_grant *grant, struct buf *out)
{
    for (uint32_t i = 0; i < grant->variable_count; i++)
        device_plugin_variable_put(out, grant->variables[i].name, grant->variables[i].value);
    for (uint32_t i = 0; i < grant->mount_count; i++)
        device_plugin_mount_put(out, grant->mounts[i].host, grant->mounts[i].container,
                                grant->mounts[i].is_read_only);
    for (uint32_t i = 0; i < grant->device_count; i++)
        device_plugin_device_put(out, grant->devices[i].host, grant->devices[i].container,
                                 grant->devices[i].permissions);
}

/* The container's own directory below @base. Without one it gets @base, which all can share: its
 * turns and rates are then its user's. */
static const char *own_dir(const struct plugin *p, const char *base, uint32_t lowest,
                           uint64_t limit, char path[static PATH_SIZE])
{
    struct err err = {0};

    if (!base || p->spec->kind == RESOURCE_PROVISION)
        return NULL;
    if (container_dirs_make(base, p->spec->kind, lowest, limit, path, &err) == 0)
        return path;
    log_warn("no directory for a container: it shares the socket of all", "reason=\"%s\"",
             err.text);
    return base;
}

/* Adds the answer for a container that gets @count devices, of which @lowest is the first. */
static int container_grant(const struct plugin *p, uint32_t count, uint32_t lowest,
                           struct buf *response, struct err *err)
{
    CLEANUP(buf_done) struct buf container = buf_init(ANSWER_SIZE_MAX);
    const char *ledger_base = platform_ledger_dir(p->settings->platform);
    uint64_t limit = p->spec->kind == RESOURCE_EPC ? device_list_bytes(count) : 0;
    char aesm_path[PATH_SIZE], ledger_path[PATH_SIZE];
    const struct platform_request request = {
        .enclave = p->spec->kind != RESOURCE_PROVISION,
        .provision = p->spec->kind == RESOURCE_PROVISION,
        .aliases = p->settings->has_aliases,
        .epc_limit = limit,
        .aesm_dir = own_dir(p, p->settings->aesm_dir, lowest, limit, aesm_path),
        .ledger_dir = own_dir(p, ledger_base, lowest, limit, ledger_path),
    };
    struct platform_grant grant;
    int r = platform_grant(p->settings->platform, &request, &grant, err);

    if (r < 0)
        return r;
    grant_render(&grant, &container);
    if (buf_status(&container) == 0)
        device_plugin_container_put(response, buf_span(&container));
    else if (!response->status)
        response->status = buf_status(&container);
    return 0;
}

static int allocate(const struct plugin *p, struct span request, struct buf *response,
                    struct err *err)
{
    struct device_plugin_allocation allocation;
    int r = device_plugin_allocate_parse(request, &p->list, &allocation, err);

    if (r == 0 && !p->list.is_healthy)
        r = err_set(err, -ENODEV, "the device of %s is not there now", p->spec->name);
    for (uint32_t i = 0; r == 0 && i < allocation.container_count; i++)
        r = container_grant(p, allocation.counts[i], allocation.lowest[i], response, err);
    if (r == 0 && buf_status(response) < 0)
        r = err_set(err, buf_status(response), "the answer does not fit");
    return r;
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

static void on_allocate(void *service, struct grpc_call *call, struct span request)
{
    struct plugin *p = service;
    CLEANUP(buf_done) struct buf response = buf_init(ANSWER_SIZE_MAX);
    int64_t start_us = clock_monotonic_us();
    struct err err = {0};
    int r = allocate(p, request, &response, &err);

    if (r < 0) {
        p->counters.allocation_errors++;
        log_warn("allocate refused", "resource=%s reason=\"%s\"", p->spec->name, err.text);
        grpc_call_fail(call, status_of(r), "%s", err.text);
    } else {
        p->counters.allocations++;
        grpc_call_reply(call, buf_span(&response));
        p->settings->allocated(p->settings->userdata);
    }
    latency_count(&p->counters, clock_monotonic_us() - start_us);
}

static void on_preferred(void *service, struct grpc_call *call, struct span request)
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
    {DEVICE_PLUGIN_OPTIONS, on_options},     {DEVICE_PLUGIN_LIST, on_list_and_watch},
    {DEVICE_PLUGIN_PREFERRED, on_preferred}, {DEVICE_PLUGIN_ALLOCATE, on_allocate},
    {DEVICE_PLUGIN_PRE_START, on_pre_start}, {0},
};
