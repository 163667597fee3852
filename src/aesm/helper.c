/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of the quote helper, in the order that they need each other. Rights go first, before
 * any key is read and before the backend may start a thread: capabilities belong to a thread, and
 * a new one inherits what its maker has left. The lock comes before the keys, so that of two
 * helpers that start at once only one makes them. The socket comes last, when every request can
 * be answered.
 *
 * A helper that takes over shares the lock and puts its socket in the place of the older one. The
 * older helper gets SIGTERM from whoever started the new one, answers what it has accepted, and
 * ends.
 *
 * The software platform's collateral lives for 30 days and is issued anew twice a day, so that a
 * verifier that fetched it last week can still use it.
 */
#include "aesm/helper.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"
#include "base/path.h"
#include "net/socket_dirs.h"
#include "service/confine.h"
#include "service/health.h"
#include "service/lock.h"
#include "service/loop_log.h"
#include "service/rights.h"
#include "service/stop.h"
#include "software/collateral.h"

#define LOG_AREA "aesm"
#include "base/log.h"

enum {
    DIRECTORY_MODE = 0755,
    STATE_MODE = 0700,
    FILES_RESERVED = 64, /* descriptors for metrics, libraries and the loop */
};

struct helper {
    const struct aesm_helper_options *options;
    struct loop *loop;
    struct aesm_backend backend;
    struct software_authority *ca;
    struct aesm_metrics metrics;
    struct aesm_service *service;
    struct aesm_server *server;
    struct service_health *health;
    struct service_stop *stop;
    struct loop_timer *refresh;
    int lock;
};

static void helper_done(struct helper *h)
{
    service_stop_free(h->stop);
    service_health_free(h->health);
    aesm_server_free(h->server);
    aesm_service_free(h->service);
    loop_timer_free(h->refresh);
    aesm_backend_done(&h->backend);
    software_authority_free(h->ca);
    loop_free(h->loop);
    fd_close(h->lock);
}

static int collateral_write(const struct software_authority *ca, enum software_issuer issuer,
                            const char *dir, struct err *err)
{
    struct software_collateral c;
    int r = software_collateral_make(ca, issuer, clock_unix_s(), &c, err);

    if (r == 0)
        r = software_collateral_store(&c, dir, err);
    software_collateral_done(&c);
    return r;
}

static void on_refresh(void *userdata)
{
    struct helper *h = userdata;
    struct err err = {0};

    loop_timer_arm(h->refresh, AESM_HELPER_REFRESH_MS);
    if (collateral_write(h->ca, h->options->backend.issuer, h->options->collateral_dir, &err) < 0)
        log_error("the collateral was not refreshed", "reason=\"%s\"", err.text);
}

static int lock_take(struct helper *h, struct err *err)
{
    const struct service_lock_options lock = {
        .dir = h->options->backend.state_dir,
        .name = "quote-helper",
        .is_take_over = h->options->take_over,
        .wait_ms = SERVICE_LOCK_WAIT_MS,
    };
    int r = fd_make_dirs(lock.dir, STATE_MODE, err);

    return r < 0 ? r : service_lock_take(&lock, &h->lock, err);
}

static int socket_dir_make(const char *socket_path, struct err *err)
{
    char copy[PATH_SIZE];

    if (snprintf(copy, sizeof(copy), "%s", socket_path) >= PATH_SIZE)
        return err_set(err, -ENAMETOOLONG, "%s", socket_path);
    return fd_make_dirs(dirname(copy), DIRECTORY_MODE, err);
}

static void metrics_put(void *userdata, struct buf *out)
{
    const struct helper *h = userdata;
    const struct aesm_metrics_state state = {
        .backend = h->backend.name,
        .depth = aesm_service_depth(h->service),
        .connections = aesm_server_connections(h->server),
    };

    aesm_metrics_render(&h->metrics, aesm_service_queue_counters(h->service), &state, out);
}

static const struct service_health_face face = {.metrics = metrics_put};

static int sockets_open(struct helper *h, struct err *err)
{
    const struct aesm_helper_options *o = h->options;
    struct aesm_server_options server = o->server;
    int r = socket_dir_make(server.path, err);

    if (r < 0)
        return r;
    server.connections =
        service_rights_raise_files(server.connections, FILES_RESERVED + SOCKET_DIRS_MAX);
    server.take_over = o->take_over;
    r = aesm_server_new(&server, h->service, h->loop, &h->metrics, &h->server, err);
    if (r < 0 || !o->metrics)
        return r;
    return service_health_new(h->loop, o->metrics, &face, h, &h->health, err);
}

/* Open everything that a request needs. The lock is ours alone until keys and collateral are there.
 */
static int backend_begin(struct helper *h, struct err *err)
{
    const struct aesm_helper_options *o = h->options;
    int r = lock_take(h, err);

    if (r < 0)
        return r;
    r = aesm_backend_open(&o->backend, clock_unix_s(), &h->backend, &h->ca, err);
    if (r < 0)
        return r;
    if (h->ca)
        r = collateral_write(h->ca, o->backend.issuer, o->collateral_dir, err);
    if (r < 0)
        return r;
    return service_lock_share(h->lock, err);
}

/*
 * From here on strangers are read. Everything that is written later lies in these directories.
 * Intel's libraries may do what they like: they load enclaves, and write where they are configured.
 */
static int confine(const struct helper *h, struct err *err)
{
    const struct aesm_helper_options *o = h->options;
    const char *const dirs[] = {o->collateral_dir, o->server.containers_dir, NULL};
    bool has_files = false, has_calls = false;
    int r;

    if (h->backend.is_blocking)
        return 0;
    r = service_confine_files(dirs, &has_files, err);
    if (r < 0)
        return r;
    r = service_confine_calls(&has_calls, err);
    if (r < 0)
        return r;
    log_info("confined", "landlock=%d seccomp=%d", has_files, has_calls);
    return 0;
}

static int refresh_begin(struct helper *h, struct err *err)
{
    int r;

    if (!h->ca)
        return 0;
    r = loop_timer_new(h->loop, on_refresh, h, &h->refresh, err);
    if (r < 0)
        return r;
    loop_timer_arm(h->refresh, AESM_HELPER_REFRESH_MS);
    log_warn("software platform: its quotes prove nothing about hardware", "root=%s/root.pem",
             h->options->collateral_dir);
    return 0;
}

static int helper_begin(struct helper *h, struct err *err)
{
    const struct aesm_helper_options *o = h->options;
    int r = service_rights_hide_memory(err);

    if (r < 0)
        return r;
    r = service_rights_drop(0, err);
    if (r < 0)
        return r;
    r = loop_new(&h->loop, err);
    if (r < 0)
        return r;
    r = backend_begin(h, err);
    if (r < 0)
        return r;
    r = aesm_service_new(&h->backend, &o->limits, h->loop, &h->metrics, &h->service, err);
    if (r < 0)
        return r;
    r = sockets_open(h, err);
    if (r < 0)
        return r;
    service_loop_log();
    r = service_stop_new(h->loop, &h->stop, err);
    if (r < 0)
        return r;
    r = refresh_begin(h, err);
    if (r < 0)
        return r;
    return confine(h, err);
}

int aesm_helper_run(const struct aesm_helper_options *options, struct err *err)
{
    struct helper h = {.options = options, .lock = -1};
    int r = helper_begin(&h, err);

    if (r == 0) {
        memory_release();
        log_info("quote service begins", "backend=%s socket=%s metrics=%u", h.backend.name,
                 options->server.path, h.health ? service_health_port(h.health) : 0);
        r = loop_run(h.loop, err);
    }
    if (r == 0) {
        aesm_server_drain(h.server);
        log_info("quote service ends", "connections=%llu",
                 (unsigned long long)h.metrics.connections);
    }
    helper_done(&h);
    return r;
}

int aesm_helper_export(const struct aesm_helper_options *options, const char *dir, struct err *err)
{
    CLEANUP(software_authority_freep) struct software_authority *ca = NULL;
    int r = software_authority_load_or_create(options->backend.ca_dir, clock_unix_s(), &ca, err);

    return r < 0 ? r : collateral_write(ca, options->backend.issuer, dir, err);
}
