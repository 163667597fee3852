/* SPDX-License-Identifier: Apache-2.0 */
#include "aesm/metrics.h"

#include "aesm/message.h"

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

static void put_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP coffer_quote_%s %s\n# TYPE coffer_quote_%s %s\n", name, help, name,
               type);
}

static void put_value(struct buf *out, const char *name, const char *type, const char *help,
                      uint64_t value)
{
    put_head(out, name, type, help);
    buf_printf(out, "coffer_quote_%s %llu\n", name, (unsigned long long)value);
}

static void put_requests(const struct aesm_metrics *m, struct buf *out)
{
    put_head(out, "requests_total", "counter", "Requests by kind.");
    for (unsigned kind = 0; kind <= AESM_KIND_LAST; kind++) {
        if (m->requests[kind] > 0)
            buf_printf(out, "coffer_quote_requests_total{kind=\"%s\"} %llu\n",
                       aesm_kind_name((enum aesm_kind)kind), (unsigned long long)m->requests[kind]);
    }
    put_head(out, "responses_total", "counter", "Responses by AESM error code, 0 being success.");
    for (unsigned code = 0; code < AESM_METRICS_CODE_COUNT; code++) {
        if (m->responses[code] > 0 || code == 0)
            buf_printf(out, "coffer_quote_responses_total{code=\"%u\",meaning=\"%s\"} %llu\n", code,
                       aesm_code_text(code), (unsigned long long)m->responses[code]);
    }
}

static void put_refusals(const struct aesm_metrics *m, const struct aesm_queue_counters *queue,
                         struct buf *out)
{
    put_head(out, "refusals_total", "counter", "Requests that the queue refused, by cause.");
    for (unsigned i = 0; i < AESM_QUEUE_REFUSAL_COUNT; i++)
        buf_printf(out, "coffer_quote_refusals_total{cause=\"%s\"} %llu\n",
                   aesm_queue_refusal_name((enum aesm_queue_refusal)i),
                   (unsigned long long)queue->refused[i]);
    put_head(out, "drops_total", "counter", "Connections closed without an answer, by cause.");
    for (unsigned i = 0; i < AESM_METRICS_DROP_COUNT; i++)
        buf_printf(out, "coffer_quote_drops_total{cause=\"%s\"} %llu\n",
                   aesm_metrics_drop_name((enum aesm_metrics_drop)i),
                   (unsigned long long)m->drops[i]);
}

static void put_latency(const struct aesm_metrics *m, struct buf *out)
{
    uint64_t sum = 0;

    put_head(out, "latency_seconds", "histogram", "From a request's arrival to its answer.");
    for (size_t i = 0; i < AESM_METRICS_BUCKET_COUNT; i++) {
        sum += m->latency_buckets[i];
        buf_printf(out, "coffer_quote_latency_seconds_bucket{le=\"%g\"} %llu\n",
                   (double)bucket_bounds_us[i] / 1e6, (unsigned long long)sum);
    }
    buf_printf(out,
               "coffer_quote_latency_seconds_bucket{le=\"+Inf\"} %llu\n"
               "coffer_quote_latency_seconds_sum %.6f\n"
               "coffer_quote_latency_seconds_count %llu\n",
               (unsigned long long)m->latency_count, (double)m->latency_sum_us / 1e6,
               (unsigned long long)m->latency_count);
}

void aesm_metrics_render(const struct aesm_metrics *m, const struct aesm_queue_counters *queue,
                         const struct aesm_metrics_state *state, struct buf *out)
{
    put_head(out, "backend_info", "gauge", "The quoting backend in use.");
    buf_printf(out, "coffer_quote_backend_info{backend=\"%s\"} 1\n", state->backend);
    put_value(out, "queue_depth", "gauge", "Requests that wait or run.", state->depth);
    put_value(out, "connections", "gauge", "Connections open now.", state->connections);
    put_value(out, "connections_total", "counter", "Connections accepted.", m->connections);
    put_value(out, "jobs_total", "counter", "Calls of the backend.", queue->run);
    put_value(out, "coalesced_total", "counter", "Requests that shared another's call.",
              queue->coalesced);
    put_value(out, "cancelled_total", "counter", "Queued requests whose client left.",
              queue->cancelled);
    put_requests(m, out);
    put_refusals(m, queue, out);
    put_latency(m, out);
}
