/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent is one loop with some parts on it, and this file connects them. Who tells whom:
 *
 *   inotify on the kubelet's directory  ->  every plugin looks at its sockets
 *   a tick each second                  ->  the same, and whatever could not be opened before
 *   a poll of the platform              ->  plugins update their lists, services learn of the EPC
 *   an Allocate that was granted        ->  the ledger asks the kubelet soon who holds what
 *   SIGCHLD                             ->  services are started again
 *
 * An inotify event carries no meaning of its own; it only makes the plugins look sooner than the
 * next tick. So it does not matter that events are lost when the kubelet's directory is replaced:
 * the watch is armed again with the next tick.
 *
 * The tick also opens what another process may hold for now. During a rolling update the older
 * agent still has the socket of the EPC ledger, and the HTTP address (service/health tries that one
 * again); the newer agent serves pods from its first moment and takes both over when the older one
 * ends.
 *
 * Parts are made in the order of parts_make() and released in the reverse order. A part that cannot
 * be made ends the agent only when it never could work: a wrong address, a missing executable. What
 * can come later (the driver, the kubelet, the directory of its sockets) is waited for.
 */
#include "node/agent_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "kube/device_plugin.h"
#include "node/container_dirs.h"
#include "node/holders.h"

#define LOG_AREA "agent"
#include "base/log.h"

/* ---- events ---- */

static void plugins_look(struct agent *a)
{
    for (uint32_t i = 0; i < a->plugin_count; i++)
        plugin_tick(a->plugins[i]);
}

static void directory_watch(struct agent *a)
{
    const uint32_t events =
        IN_CREATE | IN_DELETE | IN_MOVE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

    if (a->inotify < 0 || a->is_watching)
        return;
    a->is_watching = inotify_add_watch(a->inotify, a->socket_dir, events) >= 0;
    if (!a->is_watching && errno == ENOSPC && !a->is_watch_missed)
        log_warn("no inotify watch: the kubelet's directory is looked at every second",
                 "remedy=\"raise sysctl fs.inotify.max_user_watches\"");
    a->is_watch_missed = !a->is_watching && errno == ENOSPC;
}

static void on_directory(void *userdata)
{
    struct agent *a = userdata;
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t len = read(a->inotify, events, sizeof(events));
    const struct inotify_event *event;

    for (ssize_t at = 0; at < len; at += (ssize_t)(sizeof(*event) + event->len)) {
        event = (const struct inotify_event *)(const void *)(events + at);
        if (event->mask & IN_IGNORED)
            a->is_watching = false;
    }
    directory_watch(a);
    plugins_look(a);
    advertised_ask_soon(a->advertised);
}

/* The services beside the agent learn of the profile and of the EPC that there is now. */
static int services_tell(struct agent *a, struct err *err)
{
    const struct platform_info *info = platform_info(a->platform);

    if (!a->choice.profile)
        return 0;
    return node_services_update(a->services, a->choice.profile,
                                platform_is_ready(info) ? info->epc_size : 0, err);
}

static void on_poll(void *userdata)
{
    struct agent *a = userdata;
    struct err err = {0};

    loop_timer_arm(a->poll, PLATFORM_POLL_MS);
    if (!platform_poll(a->platform))
        return;
    log_info("platform changed", "ready=%d epc=%llu", platform_is_ready(platform_info(a->platform)),
             (unsigned long long)platform_info(a->platform)->epc_size);
    if (agent_profile_settle(a, &err) < 0)
        log_error("no resource can be advertised", "reason=\"%s\"", err.text);
    for (uint32_t i = 0; i < a->plugin_count; i++)
        plugin_update(a->plugins[i]);
    if (services_tell(a, &err) < 0)
        log_error("the Node's status cannot be written", "reason=\"%s\"", err.text);
}

static void on_child(void *userdata)
{
    struct agent *a = userdata;

    node_services_reap(a->services);
}

struct plugin *agent_epc_plugin(const struct agent *a)
{
    for (uint32_t i = 0; i < a->plugin_count; i++)
        if (plugin_spec(a->plugins[i])->kind == RESOURCE_EPC)
            return a->plugins[i];
    return NULL;
}

const struct epc_committed *agent_committed(struct agent *a)
{
    struct err err = {0};

    if (!a->epc)
        return node_ledger_committed(a->ledger);
    if (holders_collect(a->epc, a->ledger_settings.proc, &a->held, &err) < 0)
        log_warn("cannot tell who holds EPC", "reason=\"%s\"", err.text);
    return &a->held;
}

const char *agent_profile_name(const struct agent *a)
{
    return a->choice.profile ? a->choice.profile->name : "auto";
}

bool agent_is_ready(const struct agent *a)
{
    if (!platform_is_ready(platform_info(a->platform)))
        return false;
    for (uint32_t i = 0; i < a->plugin_count; i++)
        if (plugin_is_needed(a->plugins[i]) &&
            (!plugin_is_connected(a->plugins[i]) || plugin_is_displaced(a->plugins[i])))
            return false;
    return true;
}

static void on_epc_trouble(const struct err *err)
{
    log_warn("EPC ledger", "reason=\"%s\"", err->text);
}

/* During a rolling update the older agent serves the ledger until it goes. */
static void epc_assert(struct agent *a)
{
    const char *path = platform_ledger_path(a->platform);
    uint64_t size = platform_info(a->platform)->epc_size;
    struct err err = {0};
    int r;

    if (!path || a->epc)
        return;
    r = epc_server_new(a->loop, path, size, EPC_PAGE, &a->epc, &err);
    if (r == 0)
        r = epc_server_serve_containers(a->epc, a->ledger_containers, on_epc_trouble, &err);
    if (r < 0 && r != -EADDRINUSE)
        log_warn("EPC is not counted", "reason=\"%s\"", err.text);
}

static void on_tick(void *userdata)
{
    struct agent *a = userdata;

    epc_assert(a);
    directory_watch(a);
    plugins_look(a);
    loop_timer_arm(a->tick, PLUGIN_TICK_MS);
}

/* ---- construction ---- */

static bool device_is_held(void *userdata, enum resource_kind kind, uint32_t index)
{
    const struct agent *a = userdata;
    const struct pod_resources *rows = node_ledger_allocated(a->ledger);

    for (uint32_t i = 0; i < rows->count; i++)
        if (plugin_spec(a->plugins[rows->rows[i].resource])->kind == kind &&
            rows->rows[i].lowest == index)
            return true;
    return false;
}

static void on_listed(void *userdata)
{
    struct agent *a = userdata;
    const char *ledger_dir = platform_ledger_dir(a->platform);
    int64_t now_s = clock_unix_s();

    if (ledger_dir)
        container_dirs_sweep(ledger_dir, device_is_held, a, now_s);
    if (agent_serves_quotes(a))
        container_dirs_sweep(a->options.aesm_dir, device_is_held, a, now_s);
}

static int ledger_make(struct agent *a, struct err *err)
{
    const char *dir = platform_ledger_dir(a->platform);
    int r = dir ? path_join(dir, CONTAINER_DIRS_NAME, a->ledger_containers, err) : 0;

    if (r < 0)
        return r;
    a->ledger_settings = (struct node_ledger_settings){
        .loop = a->loop,
        .kubelet_dir = a->options.kubelet_dir,
        .proc = a->options.platform.sources.proc ? a->options.platform.sources.proc : "/proc",
        .log_dir = a->options.log_dir,
        .resources = a->resources,
        .listed = on_listed,
        .userdata = a,
    };
    return node_ledger_new(&a->ledger_settings, &a->ledger, err);
}

/* Without inotify the tick does the work: an event is seen up to a second later. */
static int inotify_make(struct agent *a, struct err *err)
{
    a->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (a->inotify < 0) {
        log_warn("no inotify instance: the kubelet's directory is looked at every second",
                 "reason=\"%s\" remedy=\"raise sysctl fs.inotify.max_user_instances\"",
                 strerror(errno));
        return 0;
    }
    return loop_watch_fd(a->loop, a->inotify, on_directory, a, &a->inotify_watch, err);
}

static int watches_make(struct agent *a, struct err *err)
{
    int r = service_stop_new(a->loop, &a->stop, err);

    if (r < 0)
        return r;
    service_loop_log();
    (void)service_rights_raise_files(0, 0); /* the listeners keep a reserve by themselves */
    r = loop_watch_signal(a->loop, SIGCHLD, on_child, a, &a->children, err);
    if (r < 0)
        return r;
    r = inotify_make(a, err);
    if (r < 0)
        return r;
    r = loop_timer_new(a->loop, on_tick, a, &a->tick, err);
    if (r < 0)
        return r;
    return loop_timer_new(a->loop, on_poll, a, &a->poll, err);
}

/* "[::]" takes connections of both kinds; a kernel without IPv6 gets "0.0.0.0" instead. */
static int health_make(struct agent *a, struct err *err)
{
    static const char any_v6[] = "[::]:";
    int r;

    if (!a->options.metrics[0])
        return 0;
    r = service_health_new(a->loop, a->options.metrics, &agent_http_face, a, &a->health, err);
    if (r != -EAFNOSUPPORT || strncmp(a->options.metrics, any_v6, strlen(any_v6)) != 0)
        return r;
    snprintf(a->metrics_v4, sizeof(a->metrics_v4), "0.0.0.0:%s",
             a->options.metrics + strlen(any_v6));
    return service_health_new(a->loop, a->metrics_v4, &agent_http_face, a, &a->health, err);
}

static int parts_make(struct agent *a, struct err *err)
{
    int r = loop_new(&a->loop, err);

    if (r < 0)
        return r;
    r = platform_new(&a->options.platform, &a->platform, err);
    if (r < 0)
        return r;
    r = health_make(a, err);
    if (r < 0)
        return r;
    r = watches_make(a, err);
    if (r < 0)
        return r;
    r = ledger_make(a, err);
    if (r < 0)
        return r;
    r = agent_advertised_make(a, err);
    if (r < 0)
        return r;
    r = agent_profile_settle(a, err);
    if (r < 0)
        return r;
    r = node_services_new(a->loop, &a->options, &a->services, err);
    if (r < 0)
        return r;
    return services_tell(a, err);
}

/* Return: whether the path fits. */
static bool socket_dir_set(struct agent *a)
{
    const struct agent_options *o = &a->options;
    int len = o->device_plugins_dir
                  ? snprintf(a->socket_dir, sizeof(a->socket_dir), "%s", o->device_plugins_dir)
                  : snprintf(a->socket_dir, sizeof(a->socket_dir), "%s/" DEVICE_PLUGIN_SOCKET_DIR,
                             o->kubelet_dir);

    return len < (int)sizeof(a->socket_dir);
}

int agent_new(const struct agent_options *options, struct agent **ret, struct err *err)
{
    struct agent *a = calloc(1, sizeof(*a));
    int r;

    if (!a)
        return err_set(err, -ENOMEM, "agent");
    a->options = *options;
    a->inotify = -1;
    a->started_s = clock_unix_s();
    r = socket_dir_set(a) ? parts_make(a, err)
                          : err_set(err, -ENAMETOOLONG,
                                    "the kubelet's directory has a name that "
                                    "is too long for a path");
    if (r < 0) {
        agent_free(a);
        return r;
    }
    *ret = a;
    return 0;
}

static void snapshot_log(const struct agent *a)
{
    const struct platform_info *info = platform_info(a->platform);

    log_info("coffer node " COFFER_VERSION, "platform=%s profile=%s epc=%llu nodes=%u ready=%d",
             platform_backend_name(info->backend), agent_profile_name(a),
             (unsigned long long)info->epc_size, info->node_count, platform_is_ready(info));
    for (uint32_t i = 0; i < info->problem_count; i++)
        log_warn("platform", "check=%s problem=\"%s\"",
                 platform_check_name(info->problems[i].check), info->problems[i].text);
}

int agent_run(struct agent *a, struct err *err)
{
    int r;

    snapshot_log(a);
    on_tick(a);
    loop_timer_arm(a->poll, PLATFORM_POLL_MS);
    r = loop_run(a->loop, err);
    log_info("ending", "%s", "");
    return r;
}

void agent_free(struct agent *a)
{
    if (!a)
        return;
    node_services_free(a->services);
    epc_server_free(a->epc);
    epc_committed_done(&a->held);
    service_health_free(a->health);
    node_ledger_free(a->ledger);
    advertised_free(a->advertised);
    for (uint32_t i = 0; i < a->plugin_count; i++)
        plugin_free(a->plugins[i]);
    service_stop_free(a->stop);
    loop_watch_free(a->children);
    loop_watch_free(a->inotify_watch);
    loop_timer_free(a->tick);
    loop_timer_free(a->poll);
    fd_close(a->inotify);
    platform_free(a->platform);
    loop_free(a->loop);
    free(a);
}
