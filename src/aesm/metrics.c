/* SPDX-License-Identifier: Apache-2.0 */
#include "aesm/metrics.h"

#include <stdio.h>

#include "aesm/message.h"
#include "service/prometheus.h"

/* Every family of the quote service begins with this. */
#define NAME(name) "coffer_quote_" name

/* Microseconds: one software quote takes some tens, Intel's enclave some thousands. */
static const int64_t bucket_bounds_us[AESM_METRICS_BUCKET_COUNT] = {
    50, 100, 250, 500, 1000, 2500, 5000, 10000, 50000, 100000, 500000, 1000000, 5000000, 10000000,
};

const char *aesm_metrics_drop_name(enum aesm_metrics_drop drop)
{
    static const char *const names[AESM_METRICS_DROP_COUNT] = {
        [AESM_METRICS_DROP_GARBAGE] = "garbage", [AESM_METRICS_DROP_OVERSIZED] = "oversized",
        [AESM_METRICS_DROP_SLOW] = "slow",       [AESM_METRICS_DROP_CROWDED] = "crowded",
        [AESM_METRICS_DROP_LEFT] = "left",       [AESM_METRICS_DROP_UNWRITTEN] = "unwritten",
    };

    return drop < AESM_METRICS_DROP_COUNT ? names[drop] : "unknown";
}

void aesm_metrics_count_response(struct aesm_metrics *m, uint32_t code)
{
    m->responses[MIN(code, (uint32_t)AESM_METRICS_CODE_COUNT - 1)]++;
}

void aesm_metrics_observe(struct aesm_metrics *m, int64_t waited_us)
{
    size_t i = 0;

    while (i < AESM_METRICS_BUCKET_COUNT && waited_us > bucket_bounds_us[i])
        i++;
    m->latency_buckets[i]++;
    m->latency_count++;
    m->latency_sum_us += (uint64_t)MAX(waited_us, (int64_t)0);
}

static void requests_put(const struct aesm_metrics *m, struct buf *out)
{
    prometheus_head(out, NAME("requests_total"), "counter", "Requests by kind.");
    for (unsigned kind = 0; kind <= AESM_KIND_LAST; kind++) {
        const struct prometheus_label labels[] = {{"kind", aesm_kind_name((enum aesm_kind)kind)},
                                                  {0}};

        if (m->requests[kind] > 0)
            prometheus_sample(out, NAME("requests_total"), labels, m->requests[kind]);
    }
}

static void responses_put(const struct aesm_metrics *m, struct buf *out)
{
    prometheus_head(out, NAME("responses_total"), "counter",
                    "Responses by AESM error code; 0 is success.");
    for (unsigned code = 0; code < AESM_METRICS_CODE_COUNT; code++) {
        char number[16];
        const struct prometheus_label labels[] = {
            {"code", number}, {"meaning", aesm_code_text(code)}, {0}};

        snprintf(number, sizeof(number), "%u", code);
        if (m->responses[code] > 0 || code == AESM_SUCCESS)
            prometheus_sample(out, NAME("responses_total"), labels, m->responses[code]);
    }
}

static void causes_put(const struct aesm_metrics *m, const struct aesm_queue_counters *queue,
                       struct buf *out)
{
    prometheus_head(out, NAME("refusals_total"), "counter",
                    "Requests that the queue refused, by cause.");
    for (unsigned i = 0; i < AESM_QUEUE_REFUSAL_COUNT; i++) {
        const struct prometheus_label labels[] = {
            {"cause", aesm_queue_refusal_name((enum aesm_queue_refusal)i)}, {0}};

        prometheus_sample(out, NAME("refusals_total"), labels, queue->refused[i]);
    }
    prometheus_head(out, NAME("drops_total"), "counter",
                    "Connections closed without an answer, by cause.");
    for (unsigned i = 0; i < AESM_METRICS_DROP_COUNT; i++) {
        const struct prometheus_label labels[] = {
            {"cause", aesm_metrics_drop_name((enum aesm_metrics_drop)i)}, {0}};

        prometheus_sample(out, NAME("drops_total"), labels, m->drops[i]);
    }
}

static void latency_put(const struct aesm_metrics *m, struct buf *out)
{
    const struct prometheus_histogram h = {
        .bounds_us = bucket_bounds_us,
        .buckets = m->latency_buckets,
        .count = AESM_METRICS_BUCKET_COUNT,
        .observations = m->latency_count,
        .sum_us = m->latency_sum_us,
    };

    prometheus_head(out, NAME("latency_seconds"), "histogram",
                    "Time from a request's arrival to its answer.");
    prometheus_histogram_put(out, NAME("latency_seconds"), NULL, &h);
}

void aesm_metrics_render(const struct aesm_metrics *m, const struct aesm_queue_counters *queue,
                         const struct aesm_metrics_state *state, struct buf *out)
{
    const struct prometheus_label backend[] = {{"backend", state->backend}, {0}};

    prometheus_head(out, NAME("backend_info"), "gauge", "The quoting backend in use.");
    prometheus_sample(out, NAME("backend_info"), backend, 1);
    prometheus_value(out, NAME("queue_depth"), "gauge", "Requests that wait or run.", state->depth);
    prometheus_value(out, NAME("connections"), "gauge", "Connections open now.",
                     state->connections);
    prometheus_value(out, NAME("connections_total"), "counter", "Connections accepted.",
                     m->connections);
    prometheus_value(out, NAME("jobs_total"), "counter", "Calls of the backend.", queue->run);
    prometheus_value(out, NAME("coalesced_total"), "counter",
                     "Requests that shared the call of an equal request.", queue->coalesced);
    prometheus_value(out, NAME("cancelled_total"), "counter", "Queued requests whose client left.",
                     queue->cancelled);
    requests_put(m, out);
    responses_put(m, out);
    causes_put(m, queue, out);
    latency_put(m, out);
}
