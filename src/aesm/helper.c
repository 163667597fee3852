/* SPDX-License-Identifier: Apache-2.0 */
#include "aesm/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"
#include "net/http/server.h"
#include "software/collateral.h"

#define LOG_AREA "aesm"
#include "base/log.h"

enum {
    PATH_SIZE = 4096,
    DIRECTORY_MODE = 0755,
    STATE_MODE = 0700,
    LOCK_PAUSE_MS = 20,
    FILES_OF_OUR_OWN = 64, /* sockets of metrics, libraries, the loop */
};

struct helper {
    const struct aesm_helper_options *options;
    struct loop *loop;
    struct aesm_backend backend;
    struct software_authority *ca;
    struct aesm_metrics metrics;
    struct aesm_service *service;
    struct aesm_server *server;
    struct http_server *http;
    struct loop_watch *signals[2];
    struct loop_timer *refresh;
    int lock;
};

static void aesm_helper_done(struct helper *h)
{
    http_server_free(h->http);
    aesm_server_free(h->server);
    aesm_service_free(h->service);
    for (size_t i = 0; i < ARRAY_COUNT(h->signals); i++)
        loop_watch_free(h->signals[i]);
    loop_timer_free(h->refresh);
    aesm_backend_done(&h->backend);
    software_authority_free(h->ca);
    loop_free(h->loop);
    fd_close(h->lock);
}

static void on_signal(void *userdata)
{
    struct helper *h = userdata;

    loop_stop(h->loop);
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
        log_error("collateral not refreshed", "reason=\"%s\"", err.text);
}

static int lock_open(struct helper *h, struct err *err)
{
    char path[PATH_SIZE];
    int r = fd_make_dirs(h->options->backend.state_dir, STATE_MODE, err);

    if (r < 0)
        return r;
    if (snprintf(path, sizeof(path), "%s/quote-helper.lock", h->options->backend.state_dir) >=
        PATH_SIZE)
        return err_set(err, -ENAMETOOLONG, "%s", h->options->backend.state_dir);
    h->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return h->lock < 0 ? err_errno(err, "%s", path) : 0;
}

/*
 * One helper for one state directory. It holds the lock alone while it makes or opens keys, and
 * shares it from then on: who takes over finds keys, and only needs the share. Without taking over,
 * a helper that was told to end just now gets a moment.
 */
static int lock_take(struct helper *h, struct err *err)
{
    int waited_ms = 0, r = lock_open(h, err);

    if (r < 0)
        return r;
    while (flock(h->lock, LOCK_EX | LOCK_NB) < 0) {
        if (h->options->take_over)
            return flock(h->lock, LOCK_SH) < 0 ? err_errno(err, "lock of the state") : 0;
        if (waited_ms >= AESM_HELPER_LOCK_MS)
            return err_set(err, -EBUSY,
                           "another quote helper works on %s (--take-over replaces it)",
                           h->options->backend.state_dir);
        usleep(LOCK_PAUSE_MS * 1000);
        waited_ms += LOCK_PAUSE_MS;
    }
    return 0;
}

static int socket_dir_make(const char *socket_path, struct err *err)
{
    char copy[PATH_SIZE];

    if (snprintf(copy, sizeof(copy), "%s", socket_path) >= PATH_SIZE)
        return err_set(err, -ENAMETOOLONG, "%s", socket_path);
    return fd_make_dirs(dirname(copy), DIRECTORY_MODE, err);
}

static void get_metrics(void *userdata, struct http_answer *answer)
{
    const struct helper *h = userdata;
    const struct aesm_metrics_state state = {
        .backend = h->backend.name,
        .depth = aesm_service_depth(h->service),
        .connections = aesm_server_connections(h->server),
    };

    answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
    aesm_metrics_render(&h->metrics, aesm_service_queue_counters(h->service), &state,
                        &answer->body);
}

static void get_health(void *userdata, struct http_answer *answer)
{
    (void)userdata;
    buf_put_str(&answer->body, "ok\n");
}

static const struct http_route routes[] = {
    {"/metrics", get_metrics},
    {"/healthz", get_health},
    {0},
};

/* As many files as may be. Return: how many connections fit. */
static unsigned files_raise(unsigned connections)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return connections;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= (rlim_t)connections + FILES_OF_OUR_OWN)
        return connections;
    return (unsigned)MAX((int64_t)limit.rlim_cur - FILES_OF_OUR_OWN, (int64_t)1);
}

static int serve(struct helper *h, struct err *err)
{
    const struct aesm_helper_options *o = h->options;
    struct aesm_server_options server = o->server;
    int r = aesm_service_new(&h->backend, &o->limits, h->loop, &h->metrics, &h->service, err);

    server.connections = files_raise(server.connections);
    server.take_over = o->take_over;

    if (r == 0)
        r = socket_dir_make(o->server.path, err);
    if (r == 0)
        r = aesm_server_new(&server, h->service, h->loop, &h->metrics, &h->server, err);
    if (r == 0 && o->metrics)
        r = http_server_new(h->loop, o->metrics, routes, h, &h->http, err);
    if (r == 0)
        r = loop_watch_signal(h->loop, SIGTERM, on_signal, h, &h->signals[0], err);
    if (r == 0)
        r = loop_watch_signal(h->loop, SIGINT, on_signal, h, &h->signals[1], err);
    if (r == 0 && h->ca)
        r = loop_timer_new(h->loop, on_refresh, h, &h->refresh, err);
    return r;
}

static int aesm_helper_begin(struct helper *h, struct err *err)
{
    const struct aesm_helper_options *o = h->options;
    int r = lock_take(h, err);

    if (r == 0)
        r = loop_new(&h->loop, err);
    if (r == 0)
        r = aesm_backend_open(&o->backend, clock_unix_s(), &h->backend, &h->ca, err);
    if (r == 0 && flock(h->lock, LOCK_SH) < 0)
        r = err_errno(err, "lock of the state");
    if (r == 0 && h->ca)
        r = collateral_write(h->ca, o->backend.issuer, o->collateral_dir, err);
    if (r == 0)
        r = serve(h, err);
    if (r < 0)
        return r;
    signal(SIGPIPE, SIG_IGN);
    if (h->ca) {
        loop_timer_arm(h->refresh, AESM_HELPER_REFRESH_MS);
        log_warn("software platform: its quotes prove nothing about hardware", "root=%s/root.pem",
                 o->collateral_dir);
    }
    memory_release();
    log_info("quote service begins", "backend=%s socket=%s metrics=%u", h->backend.name,
             o->server.path, h->http ? http_server_port(h->http) : 0);
    return 0;
}

int aesm_helper_run(const struct aesm_helper_options *options, struct err *err)
{
    struct helper h = {.options = options, .lock = -1};
    int r = aesm_helper_begin(&h, err);

    if (r == 0)
        r = loop_run(h.loop, err);
    if (r == 0)
        aesm_server_drain(h.server);
    if (r == 0)
        log_info("quote service ends", "connections=%llu",
                 (unsigned long long)h.metrics.connections);
    aesm_helper_done(&h);
    return r;
}

int aesm_helper_export(const struct aesm_helper_options *options, const char *dir, struct err *err)
{
    CLEANUP(software_authority_freep) struct software_authority *ca = NULL;
    int r = software_authority_load_or_create(options->backend.ca_dir, clock_unix_s(), &ca, err);

    return r < 0 ? r : collateral_write(ca, options->backend.issuer, dir, err);
}
