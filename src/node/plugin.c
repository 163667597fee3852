/* SPDX-License-Identifier: Apache-2.0 */
#include "node/plugin_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "kube/device_plugin.h"
#include "net/unix_socket.h"

#define LOG_AREA "plugin"
#include "base/log.h"

enum {
    REQUEST_SIZE_MAX = 4096, /* bytes of a RegisterRequest */
    PREFIX_SIZE = 48,        /* bytes of a socket name's fixed part, NUL included */
    PATH_SIZE = 4096,        /* bytes */
};

/*
 * A socket is PREFIX-TIME-PID-N.sock: the prefix names the resource, and the time lets two
 * instances tell which of them is newer by comparing names.
 */
static void prefix_render(const struct plugin *p, char prefix[static PREFIX_SIZE])
{
    const char *slash = strchr(p->spec->name, '/');

    snprintf(prefix, PREFIX_SIZE, "coffer-%.32s-", slash ? slash + 1 : p->spec->name);
}

static void endpoint_choose(struct plugin *p)
{
    char prefix[PREFIX_SIZE];

    prefix_render(p, prefix);
    snprintf(p->endpoint, sizeof(p->endpoint), "%s%010lx%05x%02x.sock", prefix,
             (unsigned long)clock_unix_s(), (unsigned)getpid() & 0xfffff, p->sockets_made++ & 0xff);
}

/* A path that does not fit is refused by the socket call that uses it. */
static void path_render(const struct plugin *p, const char *name, char path[static PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", p->place->socket_dir, name);
}

static void trouble_set(struct plugin *p, const char *what, const char *why)
{
    char text[ERR_TEXT_SIZE];

    snprintf(text, sizeof(text), "%s: %.400s", what, why);
    if (strcmp(text, p->trouble) != 0)
        log_warn(what, "resource=%s reason=\"%s\"", p->spec->name, why);
    memcpy(p->trouble, text, sizeof(text));
}

/* Siblings */

static bool is_served(const char *path)
{
    int fd = -1;
    int r = unix_socket_connect(SOCK_STREAM, path, &fd, NULL);

    fd_close(fd);
    return r == 0 || r == -EAGAIN;
}

/*
 * Counts live sockets of other instances of this resource; those that nobody serves any more are
 * removed. @ret_newer: whether one of them is newer than ours.
 */
static uint32_t siblings_count(const struct plugin *p, bool *ret_newer)
{
    DIR *directory = opendir(p->place->socket_dir);
    char prefix[PREFIX_SIZE];
    struct dirent *entry;
    uint32_t count = 0;

    *ret_newer = false;
    prefix_render(p, prefix);
    while (directory && (entry = readdir(directory))) {
        char path[PATH_SIZE];

        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
            strcmp(entry->d_name, p->endpoint) == 0)
            continue;
        path_render(p, entry->d_name, path);
        if (!is_served(path)) {
            unlink(path);
            continue;
        }
        count++;
        *ret_newer = *ret_newer || strcmp(entry->d_name, p->endpoint) > 0;
    }
    if (directory)
        closedir(directory);
    return count;
}

/* The own socket */

static void on_fault(void *service, const char *why)
{
    const struct plugin *p = service;

    log_warn("bad peer", "resource=%s reason=\"%s\"", p->spec->name, why);
}

static bool socket_assert(struct plugin *p)
{
    struct err err = {0};
    char path[PATH_SIZE];

    if (p->server && grpc_server_is_bound(p->server))
        return true;
    if (p->server || !p->endpoint[0])
        endpoint_choose(p);
    grpc_server_free(p->server);
    p->server = NULL;
    p->is_registered = false;
    if (access(p->place->socket_dir, W_OK | X_OK) < 0) {
        trouble_set(p, "no kubelet", strerror(errno));
        return false;
    }
    path_render(p, p->endpoint, path);
    if (grpc_server_new(p->place->loop, path, plugin_methods, p, &p->server, &err) < 0) {
        trouble_set(p, "cannot listen", err.text);
        return false;
    }
    grpc_server_on_fault(p->server, on_fault);
    p->next_try_ms = 0;
    return true;
}

/* Registration */

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void retry_later(struct plugin *p)
{
    int64_t half = p->retry_ms / 2;

    p->next_try_ms = clock_monotonic_ms() + half + random() % (half + 1);
    p->retry_ms = MIN(p->retry_ms * 2, (int64_t)PLUGIN_RETRY_LAST_MS);
}

static void on_registered(void *userdata, enum grpc_status status, const char *why,
                          struct span message)
{
    struct plugin *p = userdata;

    (void)message;
    p->registering = NULL;
    if (status != GRPC_OK) {
        p->counters.registration_errors++;
        trouble_set(p, "register refused", why);
        retry_later(p);
        return;
    }
    p->counters.registrations++;
    p->is_registered = true;
    p->kubelet = p->asked;
    p->retry_ms = PLUGIN_RETRY_FIRST_MS;
    p->stream_lost_ms = clock_monotonic_ms();
    p->trouble[0] = 0;
    log_info("registered", "resource=%s endpoint=%s", p->spec->name, p->endpoint);
}

static void register_start(struct plugin *p, const char *kubelet_path)
{
    CLEANUP(buf_done) struct buf message = buf_init(REQUEST_SIZE_MAX);
    struct grpc_request request = {
        .socket_path = kubelet_path,
        .method = DEVICE_PLUGIN_REGISTER,
        .timeout_ms = PLUGIN_REGISTER_TIMEOUT_MS,
    };
    struct err err = {0};

    device_plugin_register_render(&message, p->endpoint, p->spec->name);
    request.message = buf_span(&message);
    if (grpc_client_call(p->place->loop, &request, on_registered, p, &p->registering, &err) < 0) {
        p->counters.registration_errors++;
        trouble_set(p, "cannot reach the kubelet", err.text);
        retry_later(p);
    }
}

/* Whether a registered plugin that has no stream has to ask again. */
static bool is_stream_overdue(struct plugin *p, bool has_newer_sibling)
{
    if (p->watchers || has_newer_sibling)
        return false;
    return clock_monotonic_ms() - p->stream_lost_ms > PLUGIN_STREAM_GRACE_MS;
}

/* A kubelet that is another than before is asked at once, whatever the old one still owes. */
static void kubelet_compare(struct plugin *p, const struct stat *now)
{
    bool is_other = p->is_registered ? !is_same(now, &p->kubelet) : !is_same(now, &p->asked);

    if (!is_other)
        return;
    grpc_client_cancel(p->registering);
    p->registering = NULL;
    p->is_registered = false;
    p->next_try_ms = 0;
    p->retry_ms = PLUGIN_RETRY_FIRST_MS;
}

static void registration_assert(struct plugin *p)
{
    char kubelet_path[PATH_SIZE];
    struct stat now;
    bool has_newer;
    uint32_t siblings = siblings_count(p, &has_newer);

    if (siblings < p->sibling_count)
        plugin_resend(p);
    p->sibling_count = siblings;
    path_render(p, DEVICE_PLUGIN_KUBELET, kubelet_path);
    if (lstat(kubelet_path, &now) < 0) {
        grpc_client_cancel(p->registering);
        p->registering = NULL;
        trouble_set(p, "no kubelet", strerror(errno));
        p->is_registered = false;
        return;
    }
    kubelet_compare(p, &now);
    if (p->is_registered && is_stream_overdue(p, has_newer)) {
        trouble_set(p, "kubelet does not watch", "no ListAndWatch stream; registering again");
        p->is_registered = false;
    }
    if (p->is_registered || p->registering || clock_monotonic_ms() < p->next_try_ms)
        return;
    p->asked = now;
    register_start(p, kubelet_path);
}

void plugin_tick(struct plugin *p)
{
    if (plugin_is_needed(p) && socket_assert(p))
        registration_assert(p);
}

/* The list */

static uint32_t amounts_fill(const struct plugin *p, const struct platform_info *info,
                             struct device_amount amounts[static DEVICE_RANGES_MAX])
{
    if (p->spec->kind != RESOURCE_EPC) {
        amounts[0] = (struct device_amount){-1, PROFILE_SLOTS};
        return 1;
    }
    for (uint32_t i = 0; i < info->node_count && i < DEVICE_RANGES_MAX; i++)
        amounts[i] = (struct device_amount){info->nodes[i].id, info->nodes[i].epc_size / SIZE_MIB};
    return MIN(info->node_count, (uint32_t)DEVICE_RANGES_MAX);
}

static bool is_there(const struct plugin *p, const struct platform_info *info)
{
    if (p->spec->kind == RESOURCE_PROVISION)
        return platform_is_ready(info) && info->provision_path[0];
    return platform_is_ready(info);
}

static void list_replace(struct plugin *p, const struct device_list *list)
{
    if (list->dropped && list->dropped != p->list.dropped)
        log_warn(
            "more EPC than one device list can carry",
            "resource=%s advertised_mib=%u left_out_mib=%u remedy=\"use --profile=intel, whose "
            "EPC is one number in bytes\"",
            p->spec->name, list->count, list->dropped);
    if (!list->has_topology && p->list.has_topology && list->count)
        log_info("NUMA nodes are left out of the device list to keep it within 4 MiB",
                 "resource=%s", p->spec->name);
    log_info("devices", "resource=%s count=%u healthy=%d", p->spec->name, list->count,
             list->is_healthy);
    p->list = *list;
    plugin_resend(p);
}

/*
 * A device that goes away leaves its devices in the list, unhealthy: the kubelet then keeps what
 * running pods hold, and gives out nothing new.
 */
void plugin_update(struct plugin *p)
{
    const struct platform_info *info = platform_info(p->place->platform);
    struct device_amount amounts[DEVICE_RANGES_MAX];
    struct device_list list = p->list;

    if (is_there(p, info)) {
        list = device_list_of(amounts, amounts_fill(p, info, amounts), true);
    } else if (p->list.is_healthy) {
        for (uint32_t i = 0; i < list.range_count; i++)
            amounts[i] = (struct device_amount){list.ranges[i].node, list.ranges[i].count};
        list = device_list_of(amounts, p->list.range_count, false);
    }
    if (!device_list_equal(&list, &p->list))
        list_replace(p, &list);
}

int plugin_new(const struct plugin_place *place, const struct resource_spec *spec,
               struct plugin **ret, struct err *err)
{
    struct plugin *p = calloc(1, sizeof(*p));

    if (!p)
        return err_set(err, -ENOMEM, "device plugin");
    p->place = place;
    p->spec = spec;
    p->retry_ms = PLUGIN_RETRY_FIRST_MS;
    p->stream_lost_ms = clock_monotonic_ms();
    p->list.has_topology = true;
    plugin_update(p);
    *ret = p;
    return 0;
}

void plugin_free(struct plugin *p)
{
    if (!p)
        return;
    grpc_client_cancel(p->registering);
    grpc_server_free(p->server);
    free(p);
}

const struct resource_spec *plugin_spec(const struct plugin *p)
{
    return p->spec;
}

const struct device_list *plugin_list(const struct plugin *p)
{
    return &p->list;
}

const struct plugin_counters *plugin_counters(const struct plugin *p)
{
    return &p->counters;
}

bool plugin_is_connected(const struct plugin *p)
{
    return p->watchers && p->watchers->generation > 0;
}

bool plugin_is_needed(const struct plugin *p)
{
    return p->list.count > 0;
}

const char *plugin_trouble(const struct plugin *p)
{
    return p->trouble;
}
