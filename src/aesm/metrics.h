/* SPDX-License-Identifier: Apache-2.0 */
/* aesm/metrics.h: what the quote service counts, as Prometheus text. */
#ifndef COFFER_AESM_METRICS_H
#define COFFER_AESM_METRICS_H

#include "aesm/protocol.h"
#include "aesm/queue.h"
#include "base/buf.h"

enum {
    AESM_METRICS_CODE_COUNT = 64,   /* error codes counted one by one; higher ones share the last */
    AESM_METRICS_BUCKET_COUNT = 14, /* bounds of the latency histogram */
    AESM_METRICS_TEXT_MAX = 64 * 1024,
};

/** enum aesm_metrics_drop - why a connection was closed without an answer */
enum aesm_metrics_drop {
    AESM_METRICS_DROP_GARBAGE,   /* no AESM request */
    AESM_METRICS_DROP_OVERSIZED, /* longer than AESM_REQUEST_SIZE_MAX */
    AESM_METRICS_DROP_SLOW,      /* the request did not come in time */
    AESM_METRICS_DROP_CROWDED,   /* too many connections: the oldest unfinished one gave way */
    AESM_METRICS_DROP_LEFT,      /* the client closed first */
    AESM_METRICS_DROP_UNWRITTEN, /* the answer could not be written */
    AESM_METRICS_DROP_COUNT,
};

/** struct aesm_metrics - zero-initialise; plain numbers */
struct aesm_metrics {
    uint64_t connections;
    uint64_t requests[AESM_KIND_LAST + 1];       /* by enum aesm_kind */
    uint64_t responses[AESM_METRICS_CODE_COUNT]; /* by error code */
    uint64_t drops[AESM_METRICS_DROP_COUNT];
    uint64_t latency_buckets[AESM_METRICS_BUCKET_COUNT + 1]; /* each by itself, the last is +Inf */
    uint64_t latency_count;
    uint64_t latency_sum_us;
};

/** struct aesm_metrics_state - values of this moment, which are not counters */
struct aesm_metrics_state {
    const char *backend;
    unsigned depth;       /* tickets in the queue */
    unsigned connections; /* open now */
};

void aesm_metrics_count_response(struct aesm_metrics *m, uint32_t code);

/** aesm_metrics_observe() - a queued request was answered after @waited_us */
void aesm_metrics_observe(struct aesm_metrics *m, int64_t waited_us);

const char *aesm_metrics_drop_name(enum aesm_metrics_drop drop);

/** aesm_metrics_render() - append the Prometheus text exposition, version 0.0.4 */
void aesm_metrics_render(const struct aesm_metrics *m, const struct aesm_queue_counters *queue,
                         const struct aesm_metrics_state *state, struct buf *out);

#endif
