/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop never waits: every call that needs the store or upstream becomes a job of a worker
 * thread, and each thread has a core with its own connection to the store. A request lives in the
 * server's buffer only until its handler returns, so a job keeps a copy of it.
 *
 * Most requests ask for the same few items, whose answers are kept in pccs/cache. Writing through
 * this process empties the cache at once; another replica's writes are seen when the answers have
 * grown old.
 */
#include "pccs/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "net/http/server.h"
#include "pccs/cache.h"
#include "service/health.h"
#include "service/prometheus.h"
#include "service/worker.h"

#define LOG_AREA "collateral"
#include "base/log.h"

enum {
    METRIC_ITEMS_MAX = 1024,
    STATUS_CLASSES = 6,
    STATUS_OK = 200,
    STATUS_UNAVAILABLE = 503,
    CONNECTIONS_MAX = 1024,
    CONNECTIONS_PEER_MAX = 512,
    MEMORY_MAX = 32 * 1024 * 1024,
    REQUEST_MS = 15000,
    ANSWER_MS = 30000,
    IDLE_MS = 60000,
    REGISTER_SIZE_MAX = 128 * 1024,
};

static const struct http_limits limits = {
    .connections = {.connections_max = CONNECTIONS_MAX,
                    .connections_per_peer = CONNECTIONS_PEER_MAX},
    .memory_max = MEMORY_MAX,
    .request_ms = REQUEST_MS,
    .answer_ms = ANSWER_MS,
    .idle_ms = IDLE_MS,
};

struct item_metric {
    char name[PCCS_ITEM_NAME_SIZE];
    int64_t expires, failures;
};

/** struct item_list - what the last look at the store found */
struct item_list {
    struct item_metric items[METRIC_ITEMS_MAX];
    size_t count;
};

struct refresh_job {
    struct service_job job;
    struct pccs_service *service;
    struct pccs_refreshed refreshed;
    struct item_list list;
    struct err err;
    bool is_running;
};

struct pccs_service {
    const struct pccs_service_options *options;
    struct loop *loop;
    struct verifier *verifier;
    struct pccs_core *cores[PCCS_SERVICE_THREADS];
    struct service_worker *workers;
    struct http_server *http;
    struct service_health *health;
    struct loop_timer *timer;
    struct refresh_job refresh;
    struct item_list list; /* the loop's copy */
    bool has_list;
    char store_fault[ERR_TEXT_SIZE]; /* "" while the store works */
    struct pccs_cache cache;
    uint64_t answers[STATUS_CLASSES], hits, renewed, failed;
};

/* -- requests as jobs -- */

struct call_job {
    struct service_job job;
    struct pccs_service *service;
    struct http_exchange *exchange;
    struct http_request request; /* its spans point into @bytes */
    struct buf bytes;
    char key[PCCS_CACHE_KEY_SIZE]; /* "" for what is not an item */
    struct pccs_answer answer;
};

static size_t request_size(const struct http_request *r)
{
    size_t size = r->path.len + r->query.len + r->host.len + r->body.len;

    for (size_t i = 0; i < r->field_count; i++)
        size += r->fields[i].name.len + r->fields[i].value.len;
    return size;
}

static struct span span_move(struct buf *to, struct span from)
{
    size_t at = to->len;

    buf_put(to, from);
    return span_sub(buf_span(to), at, from.len);
}

/* The room is reserved as a whole, so no span moves while the next is copied. */
static int request_copy(const struct http_request *from, struct call_job *to)
{
    struct http_request *r = &to->request;

    *r = *from;
    to->bytes = buf_init(request_size(from) + 1);
    if (!buf_reserve(&to->bytes, request_size(from) + 1))
        return -ENOMEM;
    buf_clear(&to->bytes);
    r->path = span_move(&to->bytes, from->path);
    r->query = span_move(&to->bytes, from->query);
    r->host = span_move(&to->bytes, from->host);
    r->body = span_move(&to->bytes, from->body);
    for (size_t i = 0; i < r->field_count; i++) {
        r->fields[i].name = span_move(&to->bytes, from->fields[i].name);
        r->fields[i].value = span_move(&to->bytes, from->fields[i].value);
    }
    return buf_status(&to->bytes);
}

static void call_run(struct service_job *job, void *thread)
{
    struct call_job *c = (struct call_job *)job;

    pccs_core_handle(thread, &c->request, clock_unix_s(), &c->answer);
}

/* A client's Request-ID comes back, so that both sides can name a request in their logs. */
static void request_id_put(struct http_exchange *x)
{
    struct span id;

    if (http_request_field(http_exchange_request(x), "Request-ID", &id) && id.len <= 64)
        http_exchange_field(x, "Request-ID", "%.*s", (int)id.len, (const char *)id.data);
}

static void answer_send(struct pccs_service *s, struct http_exchange *x,
                        struct http_prebuilt *answer)
{
    s->answers[MIN(answer->status / 100, (unsigned)STATUS_CLASSES - 1)]++;
    http_exchange_send_prebuilt(x, answer);
}

static void call_finish(struct service_job *job)
{
    struct call_job *c = (struct call_job *)job;
    struct pccs_service *s = c->service;
    struct pccs_answer *a = &c->answer;
    struct http_prebuilt *answer = NULL;
    struct err err = {0};

    if (c->request.method != HTTP_GET && c->request.method != HTTP_HEAD)
        pccs_cache_clear(&s->cache);
    if (http_prebuilt_new(a->status, a->content_type, buf_span(&a->fields), buf_span(&a->body),
                          &answer, &err) < 0) {
        http_exchange_fail(c->exchange, STATUS_UNAVAILABLE, "%s", err.text);
    } else {
        if (c->key[0] && a->status == STATUS_OK)
            pccs_cache_put(&s->cache, c->key, answer, clock_monotonic_ms());
        answer_send(s, c->exchange, answer);
    }
    http_prebuilt_unref(answer);
    pccs_answer_done(a);
    buf_done(&c->bytes);
    free(c);
}

static void call_submit(struct pccs_service *s, struct http_exchange *x, const char *key)
{
    struct call_job *c;

    if (service_worker_pending(s->workers) >= PCCS_SERVICE_JOBS_MAX) {
        http_exchange_fail(x, STATUS_UNAVAILABLE, "too many requests wait; try again");
        return;
    }
    c = calloc(1, sizeof(*c));
    if (!c || request_copy(http_exchange_request(x), c) < 0) {
        if (c)
            buf_done(&c->bytes);
        free(c);
        http_exchange_fail(x, STATUS_UNAVAILABLE, "out of memory");
        return;
    }
    c->job = (struct service_job){.run = call_run, .finish = call_finish};
    c->service = s;
    c->exchange = x;
    snprintf(c->key, sizeof(c->key), "%s", key);
    service_worker_submit(s->workers, &c->job);
}

static void request_handle(void *userdata, struct http_exchange *x)
{
    struct pccs_service *s = userdata;
    struct http_prebuilt *answer;
    struct pccs_call call;
    char key[PCCS_CACHE_KEY_SIZE] = "";

    request_id_put(x);
    if (pccs_front_parse(http_exchange_request(x), &call, NULL) == 0 &&
        call.action == PCCS_ACTION_ITEM)
        pccs_cache_key(&call, key);
    answer = key[0] ? pccs_cache_find(&s->cache, key, clock_monotonic_ms()) : NULL;
    if (!answer) {
        call_submit(s, x, key);
        return;
    }
    s->hits++;
    answer_send(s, x, answer);
}

static const struct http_route routes[] = {
    {.methods = HTTP_PUT | HTTP_GET,
     .pattern = "/sgx/certification/{}/platformcollateral",
     .body_max = PCCS_UPLOAD_SIZE_MAX,
     .handle = request_handle},
    {.methods = HTTP_PUT | HTTP_GET,
     .pattern = "/sgx/certification/{}/appraisalpolicy",
     .body_max = 512 * 1024,
     .handle = request_handle},
    {.methods = HTTP_POST | HTTP_GET,
     .pattern = "/sgx/certification/{}/platforms",
     .body_max = REGISTER_SIZE_MAX,
     .handle = request_handle},
    {.methods = HTTP_GET | HTTP_POST | HTTP_PUT | HTTP_DELETE,
     .pattern = "/{*}",
     .handle = request_handle},
    {0},
};

/* -- refreshing -- */

static int metric_take(void *userdata, const struct pccs_state *state, struct err *err)
{
    struct item_list *list = userdata;
    struct item_metric *m = &list->items[list->count];

    (void)err;
    if (list->count == METRIC_ITEMS_MAX)
        return 0;
    pccs_item_name(&state->item, m->name);
    m->expires = state->expires;
    m->failures = state->failures;
    list->count++;
    return 0;
}

static void refresh_run(struct service_job *job, void *thread)
{
    struct refresh_job *r = (struct refresh_job *)job;
    struct pccs_core *core = thread;
    int code = 0;

    r->err = (struct err){0};
    r->refreshed = (struct pccs_refreshed){0};
    r->list.count = 0;
    if (r->service->options->settings.fill != PCCS_FILL_OFFLINE)
        code = pccs_core_refresh(core, clock_unix_s(), false, &r->refreshed, &r->err);
    if (code == 0)
        (void)!pccs_catalog_list(pccs_core_store(core), metric_take, &r->list, &r->err);
}

static void refresh_finish(struct service_job *job)
{
    struct refresh_job *r = (struct refresh_job *)job;
    struct pccs_service *s = r->service;

    r->is_running = false;
    s->renewed += r->refreshed.renewed;
    s->failed += r->refreshed.failed;
    if (r->refreshed.renewed > 0)
        pccs_cache_clear(&s->cache);
    if (r->refreshed.failed > 0)
        log_warn("collateral was not renewed", "items=%u renewed=%u", r->refreshed.failed,
                 r->refreshed.renewed);
    if (r->err.code < 0 && !s->store_fault[0])
        log_error("the store cannot be used", "reason=\"%s\"", r->err.text);
    snprintf(s->store_fault, sizeof(s->store_fault), "%s", r->err.code < 0 ? r->err.text : "");
    if (r->err.code == 0) {
        s->list = r->list;
        s->has_list = true;
    }
}

static void on_timer(void *userdata)
{
    struct pccs_service *s = userdata;

    loop_timer_arm(s->timer, PCCS_SERVICE_REFRESH_MS);
    if (s->refresh.is_running)
        return;
    s->refresh.is_running = true;
    service_worker_submit(s->workers, &s->refresh.job);
}

/* -- metrics and probes -- */

static void items_render(const struct pccs_service *s, struct buf *out)
{
    int64_t now = clock_unix_s();

    prometheus_head(out, "coffer_collateral_seconds_to_expiry", "gauge",
                    "Seconds until an item expires; negative after it has.");
    for (size_t i = 0; i < s->list.count; i++)
        buf_printf(out, "coffer_collateral_seconds_to_expiry{item=\"%s\"} %lld\n",
                   s->list.items[i].name, (long long)(s->list.items[i].expires - now));
    prometheus_head(out, "coffer_collateral_refresh_failures", "gauge",
                    "Failed attempts to renew an item since it was last renewed.");
    for (size_t i = 0; i < s->list.count; i++)
        prometheus_sample(out, "coffer_collateral_refresh_failures",
                          (const struct prometheus_label[]){
                              {.name = "item", .value = s->list.items[i].name}, {0}},
                          (uint64_t)s->list.items[i].failures);
}

static void metrics_render(void *userdata, struct buf *out)
{
    const struct pccs_service *s = userdata;
    struct http_counters http = http_server_counters(s->http);

    prometheus_head(out, "coffer_collateral_answers_total", "counter",
                    "Answers by the class of their status.");
    for (unsigned i = 1; i < STATUS_CLASSES; i++)
        buf_printf(out, "coffer_collateral_answers_total{class=\"%uxx\"} %llu\n", i,
                   (unsigned long long)s->answers[i]);
    prometheus_value(out, "coffer_collateral_cache_hits_total", "counter",
                     "Answers that were sent from memory.", s->hits);
    prometheus_value(out, "coffer_collateral_renewed_total", "counter", "Items renewed.",
                     s->renewed);
    prometheus_value(out, "coffer_collateral_renewal_failures_total", "counter",
                     "Attempts to renew an item that failed.", s->failed);
    prometheus_value(out, "coffer_collateral_refused_total", "counter",
                     "Requests that were malformed or too large.", http.refused);
    prometheus_value(out, "coffer_collateral_store_up", "gauge", "1 while the store can be used.",
                     s->has_list && !s->store_fault[0]);
    items_render(s, out);
}

static bool ready_tell(void *userdata, struct buf *why)
{
    const struct pccs_service *s = userdata;

    if (s->store_fault[0])
        buf_printf(why, "the store cannot be used: %s\n", s->store_fault);
    else if (!s->has_list)
        buf_put_str(why, "the store was not read yet\n");
    return s->has_list && !s->store_fault[0];
}

static const struct service_health_face face = {.metrics = metrics_render, .is_ready = ready_tell};

/* -- begin and end -- */

static int cores_open(struct pccs_service *s, struct err *err)
{
    const struct pccs_service_options *o = s->options;
    int r = verifier_new(&(struct verifier_options){.root_key = o->root_key}, &s->verifier, err);

    for (size_t i = 0; i < PCCS_SERVICE_THREADS && r == 0; i++) {
        struct store *store = NULL;

        r = store_open(o->backend, o->target, &store, err);
        if (r == 0)
            r = pccs_core_new(&o->settings, store, s->verifier, &s->cores[i], err);
    }
    return r;
}

static int http_open(struct pccs_service *s, struct err *err)
{
    const struct http_server_options options = {
        .address = s->options->address,
        .routes = routes,
        .userdata = s,
        .limits = &limits,
        .transport = s->options->transport,
    };
    int r = http_server_new(s->loop, &options, &s->http, err);

    if (r == 0 && s->options->metrics)
        r = service_health_new(s->loop, s->options->metrics, &face, s, &s->health, err);
    return r;
}

int pccs_service_new(struct loop *loop, const struct pccs_service_options *options,
                     struct pccs_service **ret, struct err *err)
{
    struct pccs_service *s = calloc(1, sizeof(*s));
    int r;

    if (!s)
        return err_set(err, -ENOMEM, "collateral service");
    s->options = options;
    s->loop = loop;
    s->refresh.job = (struct service_job){.run = refresh_run, .finish = refresh_finish};
    s->refresh.service = s;
    r = cores_open(s, err);
    if (r == 0)
        r = service_worker_new(loop, (void *const *)s->cores, PCCS_SERVICE_THREADS, &s->workers,
                               err);
    if (r == 0)
        r = http_open(s, err);
    if (r == 0)
        r = loop_timer_new(loop, on_timer, s, &s->timer, err);
    if (r < 0) {
        pccs_service_free(s);
        return r;
    }
    on_timer(s);
    *ret = s;
    return 0;
}

/* The workers end first: their last answers still have a server to be sent by. */
void pccs_service_free(struct pccs_service *s)
{
    if (!s)
        return;
    loop_timer_free(s->timer);
    service_worker_free(s->workers);
    service_health_free(s->health);
    if (s->http)
        http_server_free(s->http);
    for (size_t i = 0; i < PCCS_SERVICE_THREADS; i++)
        pccs_core_free(s->cores[i]);
    verifier_free(s->verifier);
    pccs_cache_clear(&s->cache);
    free(s);
}

unsigned pccs_service_port(const struct pccs_service *s)
{
    return http_server_port(s->http);
}
