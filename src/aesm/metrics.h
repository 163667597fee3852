/* SPDX-License-Identifier: Apache-2.0 */
/* aesm/metrics.h: what the quote service counts, as Prometheus text. */
#ifndef COFFER_AESM_METRICS_H
#define COFFER_AESM_METRICS_H

#include "aesm/protocol.h"
#include "aesm/queue.h"
#include "base/buf.h"

enum {
    METRICS_CODE_COUNT = 64,   /* error codes counted one by one; higher ones share the last */
    METRICS_BUCKET_COUNT = 14, /* bounds of the latency histogram */
    METRICS_TEXT_MAX = 64 * 1024,
};

/** enum metrics_drop - why a connection was closed without an answer */
enum metrics_drop {
    METRICS_DROP_GARBAGE,   /* no AESM request */
    METRICS_DROP_OVERSIZED, /* longer than AESM_REQUEST_SIZE_MAX */
    METRICS_DROP_SLOW,      /* the request did not come in time */
    METRICS_DROP_CROWDED,   /* too many connections: the oldest unfinished one gave way */
    METRICS_DROP_LEFT,      /* the client closed first */
    METRICS_DROP_UNWRITTEN, /* the answer could not be written */
    METRICS_DROP_COUNT,
};

/** struct metrics - zero-initialise; plain numbers */
struct metrics {
    uint64_t connections;
    uint64_t requests[AESM_KIND_LAST + 1];  /* by enum aesm_kind */
    uint64_t responses[METRICS_CODE_COUNT]; /* by error code */
    uint64_t drops[METRICS_DROP_COUNT];
    uint64_t latency_buckets[METRICS_BUCKET_COUNT + 1]; /* each by itself, the last is +Inf */
    uint64_t latency_count;
    uint64_t latency_sum_us;
};

/** struct metrics_state - what is not a counter */
struct metrics_state {
    const char *backend;
    unsigned depth;       /* tickets in the queue */
    unsigned connections; /* open now */
};

void metrics_count_response(struct metrics *m, uint32_t code);

/** metrics_observe() - a queued request was answered after @waited_us */
void metrics_observe(struct metrics *m, int64_t waited_us);

const char *metrics_drop_name(enum metrics_drop drop);

/** metrics_render() - append the Prometheus text exposition, version 0.0.4 */
void metrics_render(const struct metrics *m, const struct queue_counters *queue,
                    const struct metrics_state *state, struct buf *out);

#endif
