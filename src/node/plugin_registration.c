/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps one resource registered with the kubelet, for ever, by looking instead of by remembering.
 *
 * A kubelet that starts removes every socket in its directory, forgets all plugins, and waits for
 * them to register. So two files matter: our own socket, which must still be the one that we listen
 * on, and kubelet.sock, which must be the one that we registered with. plugin_tick() compares both
 * with what should be (by inode and time of change, since a path says nothing) and repairs what
 * differs. It runs at every inotify event and every second; an event that is lost or comes too
 * early therefore costs a second and not the node. Nothing here ends the process: a Register that
 * fails is tried again, first after 250 ms and then ever later, with jitter so that the agents of a
 * cluster do not come in step.
 *
 * During a rolling update two agents serve the same resource for a while. A device plugin's socket
 * may have any name, so each instance makes one of its own: PREFIX-TIME-PID-N.sock. The prefix
 * names the resource, and the time tells which of two instances is the newer. The kubelet follows
 * the instance that registered last. The older of two live instances therefore does not register
 * again when it loses its stream, or the two would take the resource from each other for ever. When
 * the older instance leaves, some kubelets mark all devices of the resource unhealthy, although the
 * newer one serves them: it then sends its list again.
 *
 * A registration can be lost while the stream stays. Kubelets up to 1.34 follow the newest instance
 * for ever: when it leaves, as in a rollback, they refuse every pod, though the older instance
 * still has its stream. And any plugin may register our name; the kubelet then gives its devices to
 * pods and asks us for them. Nothing tells us, so the kubelet is asked what it would give out
 * (advertised.c). If these are not our devices for some seconds, we register again on a new socket.
 * The pause between two such renewals grows, so that two plugins with one name do not fight for it.
 *
 * Whether another instance lives is found out by connecting to its socket. A socket that refuses
 * was left behind by an agent that was killed, and is removed.
 */
#include "node/plugin_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "kube/device_plugin.h"
#include "net/unix_socket.h"

#define LOG_AREA "plugin"
#include "base/log.h"

enum {
    REQUEST_SIZE_MAX = 4096, /* bytes of a RegisterRequest */
    PREFIX_SIZE = 48,        /* bytes of a socket name's fixed part, NUL included */
    PATH_SIZE = 4096,        /* bytes */
    PID_MASK = 0xfffff,      /* of the process id in a socket's name: five hex digits */
    NUMBER_MASK = 0xff,      /* of the running number: two hex digits */
};

static void trouble_set(struct plugin *p, const char *what, const char *why)
{
    char text[ERR_TEXT_SIZE];

    snprintf(text, sizeof(text), "%s: %.400s", what, why);
    if (strcmp(text, p->trouble) != 0)
        log_warn(what, "resource=%s reason=\"%s\"", p->spec->name, why);
    memcpy(p->trouble, text, sizeof(text));
}

/* ---- names of sockets ---- */

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
             (unsigned long)clock_unix_s(), (unsigned)getpid() & PID_MASK,
             p->sockets_made++ & NUMBER_MASK);
}

/* A path that does not fit is refused by the socket call that uses it. */
static void path_render(const struct plugin *p, const char *name, char path[static PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", p->settings->socket_dir, name);
}

/* ---- other instances ---- */

/*
 * Counts the live sockets of other instances of this resource, and removes those that nobody serves
 * any more. @ret_newer: whether one of them is newer than ours.
 */
static uint32_t siblings_count(const struct plugin *p, bool *ret_newer)
{
    DIR *directory = opendir(p->settings->socket_dir);
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
        if (!unix_socket_is_served(path)) {
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

/* ---- our own socket ---- */

static void on_fault(void *service, const char *why)
{
    const struct plugin *p = service;

    log_warn("a peer broke the protocol", "resource=%s reason=\"%s\"", p->spec->name, why);
}

/* Listens on a socket of our own unless we do. Return: whether we do now. */
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
    if (access(p->settings->socket_dir, W_OK | X_OK) < 0) {
        trouble_set(p, "no kubelet", strerror(errno));
        return false;
    }
    path_render(p, p->endpoint, path);
    if (grpc_server_new(p->settings->loop, path, plugin_methods, p, &p->server, &err) < 0) {
        trouble_set(p, "cannot listen", err.text);
        return false;
    }
    grpc_server_on_fault(p->server, on_fault);
    p->next_try_ms = 0;
    return true;
}

/* ---- Register ---- */

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
        trouble_set(p, "the kubelet refuses the registration", why);
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
    if (grpc_client_call(p->settings->loop, &request, on_registered, p, &p->registering, &err) <
        0) {
        p->counters.registration_errors++;
        trouble_set(p, "cannot reach the kubelet", err.text);
        retry_later(p);
    }
}

/* ---- comparing ---- */

static bool file_is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Whether a registered plugin that has no stream has to register again. */
static bool stream_is_overdue(const struct plugin *p, bool has_newer_sibling)
{
    if (p->watchers || has_newer_sibling)
        return false;
    return clock_monotonic_ms() - p->stream_lost_ms > PLUGIN_STREAM_GRACE_MS;
}

static void registration_forget(struct plugin *p)
{
    grpc_client_cancel(p->registering);
    p->registering = NULL;
    p->is_registered = false;
}

/* A new kubelet is asked at once, even while the old one still owes an answer. */
static void kubelet_compare(struct plugin *p, const struct stat *now)
{
    if (file_is_same(now, p->is_registered ? &p->kubelet : &p->asked))
        return;
    registration_forget(p);
    p->next_try_ms = 0;
    p->retry_ms = PLUGIN_RETRY_FIRST_MS;
}

/*
 * Leaves the kubelet and comes back on a new socket, as after a restart of the agent. The old
 * streams are closed first: some kubelets end the newest connection of a resource when any of its
 * streams ends.
 */
static void registration_renew(struct plugin *p)
{
    registration_forget(p);
    grpc_server_free(p->server);
    p->server = NULL;
    p->endpoint[0] = 0;
    p->retry_ms = PLUGIN_RETRY_FIRST_MS;
    p->displaced_ms = 0;
}

/* Looks for other instances. Return: whether one of them is newer than we are. */
static bool siblings_compare(struct plugin *p)
{
    bool has_newer;
    uint32_t count = siblings_count(p, &has_newer);
    bool has_newer_left = p->has_newer_sibling && !has_newer;

    if (count < p->sibling_count && !has_newer_left)
        plugin_resend(p);
    if (has_newer_left && p->list.count > PLUGIN_COMPARED_MAX)
        registration_renew(p);
    if (count != p->sibling_count)
        p->settings->disturbed(p->settings->userdata);
    p->sibling_count = count;
    p->has_newer_sibling = has_newer;
    return has_newer;
}

static void registration_assert(struct plugin *p)
{
    char kubelet_path[PATH_SIZE];
    bool has_newer = siblings_compare(p);
    struct stat now;

    path_render(p, DEVICE_PLUGIN_KUBELET, kubelet_path);
    if (lstat(kubelet_path, &now) < 0) {
        registration_forget(p);
        trouble_set(p, "no kubelet", strerror(errno));
        return;
    }
    kubelet_compare(p, &now);
    if (p->is_registered && stream_is_overdue(p, has_newer)) {
        trouble_set(p, "the kubelet does not watch",
                    "there is no ListAndWatch stream; registering again");
        p->is_registered = false;
    }
    if (p->is_registered || p->registering || clock_monotonic_ms() < p->next_try_ms)
        return;
    p->asked = now;
    register_start(p, kubelet_path);
}

/* ---- comparing with what the kubelet gives out ---- */

static bool list_is_seen(const struct device_list *list,
                         const struct pod_resources_allocatable *seen)
{
    return seen->count == (list->is_healthy ? list->count : 0) && seen->foreign == 0 &&
           seen->end <= list->count;
}

static void displacement_tell(struct plugin *p, const struct pod_resources_allocatable *seen)
{
    char text[128];

    snprintf(text, sizeof(text),
             "it would give out %u devices, %u of them not ours; we registered %u", seen->count,
             seen->foreign, p->list.is_healthy ? p->list.count : 0);
    trouble_set(p, "the kubelet has other devices for this resource", text);
}

bool plugin_compare(struct plugin *p, const struct pod_resources_allocatable *seen)
{
    int64_t now = clock_monotonic_ms();

    if (!plugin_is_needed(p) || !plugin_is_connected(p) || p->has_newer_sibling) {
        p->displaced_ms = 0; /* another rule takes care of it */
        return true;
    }
    if (list_is_seen(&p->list, seen)) {
        if (p->displaced_ms)
            p->trouble[0] = 0;
        if (now >= p->next_renewal_ms)
            p->renewal_pause_ms = 0;
        p->displaced_ms = 0;
        return true;
    }
    if (!p->displaced_ms)
        p->displaced_ms = now;
    if (!plugin_is_displaced(p))
        return false;
    displacement_tell(p, seen);
    if (now < p->next_renewal_ms)
        return false;
    p->renewal_pause_ms = p->renewal_pause_ms
                              ? MIN(p->renewal_pause_ms * 2, (int64_t)PLUGIN_RENEWAL_LAST_MS)
                              : PLUGIN_RENEWAL_FIRST_MS;
    p->next_renewal_ms = now + p->renewal_pause_ms;
    registration_renew(p);
    plugin_tick(p);
    return false;
}

bool plugin_is_displaced(const struct plugin *p)
{
    return p->displaced_ms && clock_monotonic_ms() - p->displaced_ms >= PLUGIN_DISPLACED_MS;
}

void plugin_tick(struct plugin *p)
{
    if (plugin_is_needed(p) && socket_assert(p))
        registration_assert(p);
}
