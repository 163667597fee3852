/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP face of every service is the same four paths over net/http, whose limits for small
 * services bound what strangers can take through this port. What they tried is part of /metrics, so
 * that an attack is seen where probes are watched.
 *
 * An address that is taken is not an error, because in a rolling update the older instance holds it
 * until it ends. The log says so once, and the address is tried until it is free.
 */
#include "service/health.h"

#include <errno.h>
#include <string.h>

#include "net/http/server.h"
#include "service/prometheus.h"

#define LOG_AREA "health"
#include "base/log.h"

enum {
    STATUS_OK = 200,
    STATUS_NOT_FOUND = 404,
    STATUS_UNAVAILABLE = 503,
};

struct service_health {
    struct loop *loop;
    const struct service_health_face *face;
    void *userdata;
    struct http_server *http; /* NULL while the address is taken */
    struct loop_timer *retry;
    bool is_awaited; /* the log has said that the address is taken */
    char address[256];
};

static void closed_put(const struct http_counters *http, const struct listener_counters *listener,
                       struct buf *out)
{
    static const char name[] = "coffer_http_closed_total";
    const struct {
        const char *reason;
        uint64_t count;
    } rows[] = {
        {"late", http->expired},     /* a deadline passed */
        {"room", listener->shed},    /* another connection needed the place or the memory */
        {"full", listener->refused}, /* the newcomer, when no other could be closed */
    };

    prometheus_head(out, name, "counter", "Connections of this port that the service closed.");
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct prometheus_label labels[] = {{"reason", rows[i].reason}, {0}};

        prometheus_sample(out, name, labels, rows[i].count);
    }
}

/* Counters of peers at this port: the first place to look when probes fail. */
static void http_put(const struct http_server *server, struct buf *out)
{
    const struct http_counters http = http_server_counters(server);
    const struct listener_counters listener = http_server_listener_counters(server);

    prometheus_value(out, "coffer_http_connections", "gauge", "Connections of this port now.",
                     http_server_connections(server));
    prometheus_value(out, "coffer_http_requests_total", "counter", "Requests that were served.",
                     http.requests);
    prometheus_value(out, "coffer_http_refused_total", "counter",
                     "Requests that were answered 4xx or 5xx because of their form or path.",
                     http.refused);
    prometheus_value(out, "coffer_http_pauses_total", "counter",
                     "Pauses of accepting, for want of descriptors or memory.", listener.pauses);
    closed_put(&http, &listener, out);
}

static void metrics_get(void *userdata, struct http_exchange *x)
{
    const struct service_health *h = userdata;

    http_exchange_type(x, PROMETHEUS_CONTENT_TYPE);
    h->face->metrics(h->userdata, http_exchange_body(x));
    http_put(h->http, http_exchange_body(x));
    http_exchange_send(x, STATUS_OK);
}

static void health_get(void *userdata, struct http_exchange *x)
{
    (void)userdata;
    buf_put_str(http_exchange_body(x), "ok\n");
    http_exchange_send(x, STATUS_OK);
}

static void ready_get(void *userdata, struct http_exchange *x)
{
    const struct service_health *h = userdata;
    CLEANUP(buf_done) struct buf why = buf_init(HTTP_BODY_SIZE_MAX);
    bool is_ready = !h->face->is_ready || h->face->is_ready(h->userdata, &why);

    buf_put_str(http_exchange_body(x), is_ready ? "ok\n" : "not ready\n");
    buf_put(http_exchange_body(x), buf_span(&why));
    http_exchange_send(x, is_ready ? STATUS_OK : STATUS_UNAVAILABLE);
}

static void status_get(void *userdata, struct http_exchange *x)
{
    const struct service_health *h = userdata;

    if (!h->face->status) {
        http_exchange_fail(x, STATUS_NOT_FOUND, "this service has no status");
        return;
    }
    http_exchange_type(x, "application/json");
    h->face->status(h->userdata, http_exchange_body(x));
    http_exchange_send(x, STATUS_OK);
}

static const struct http_route routes[] = {
    {.methods = HTTP_GET, .pattern = "/metrics", .handle = metrics_get},
    {.methods = HTTP_GET, .pattern = "/healthz", .handle = health_get},
    {.methods = HTTP_GET, .pattern = "/readyz", .handle = ready_get},
    {.methods = HTTP_GET, .pattern = "/status", .handle = status_get},
    {0},
};

static int address_assert(struct service_health *h, struct err *err)
{
    const struct http_server_options options = {
        .address = h->address,
        .routes = routes,
        .userdata = h,
    };
    int r = http_server_new(h->loop, &options, &h->http, err);

    if (r != -EADDRINUSE)
        return r;
    if (!h->is_awaited)
        log_warn("metrics and health come later", "address=%s reason=\"%s\"", h->address,
                 err->text);
    h->is_awaited = true;
    loop_timer_arm(h->retry, SERVICE_HEALTH_RETRY_MS);
    return 0;
}

static void on_retry(void *userdata)
{
    struct service_health *h = userdata;
    struct err err = {0};

    if (address_assert(h, &err) < 0) {
        log_warn("no metrics and health", "address=%s reason=\"%s\"", h->address, err.text);
        loop_timer_arm(h->retry, SERVICE_HEALTH_RETRY_MS);
    }
}

int service_health_new(struct loop *loop, const char *address,
                       const struct service_health_face *face, void *userdata,
                       struct service_health **ret, struct err *err)
{
    CLEANUP(service_health_freep) struct service_health *h = calloc(1, sizeof(*h));
    struct err local = {0};
    int r;

    if (!h)
        return err_set(err, -ENOMEM, "metrics and health");
    if (strlen(address) >= sizeof(h->address))
        return err_set(err, -EINVAL, "address \"%.32s...\" is too long", address);
    memcpy(h->address, address, strlen(address) + 1);
    h->loop = loop;
    h->face = face;
    h->userdata = userdata;
    r = loop_timer_new(loop, on_retry, h, &h->retry, err);
    if (r < 0)
        return r;
    r = address_assert(h, &local);
    if (r < 0)
        return err_set(err, r, "%s", local.text);
    *ret = TAKE_PTR(h);
    return 0;
}

void service_health_free(struct service_health *h)
{
    if (!h)
        return;
    http_server_free(h->http);
    loop_timer_free(h->retry);
    free(h);
}

void service_health_freep(struct service_health **h)
{
    service_health_free(*h);
}

unsigned service_health_port(const struct service_health *h)
{
    return h->http ? http_server_port(h->http) : 0;
}
