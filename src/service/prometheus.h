/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/prometheus.h: writes the Prometheus text exposition format, version 0.0.4. A family is
 * its head followed by its samples. Label values are escaped; names are the caller's literals.
 */
#ifndef COFFER_SERVICE_PROMETHEUS_H
#define COFFER_SERVICE_PROMETHEUS_H

#include "base/buf.h"

#define PROMETHEUS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/** struct prometheus_label - lists of labels end with an all-zero row; NULL stands for no label */
struct prometheus_label {
    const char *name;
    const char *value;
};

/** struct prometheus_histogram - one histogram; the strings and arrays are borrowed */
struct prometheus_histogram {
    const int64_t *bounds_us; /* ascending upper bounds; microseconds, written as seconds */
    const uint64_t *buckets;  /* observations of each bucket alone, not cumulative */
    size_t count;             /* bounds */
    uint64_t observations;    /* all of them, those above the last bound included */
    uint64_t sum_us;
};

/** prometheus_head() - HELP and TYPE of a family; @type is "counter", "gauge" or "histogram" */
void prometheus_head(struct buf *out, const char *name, const char *type, const char *help);

/** prometheus_sample() - one line of a family */
void prometheus_sample(struct buf *out, const char *name, const struct prometheus_label *labels,
                       uint64_t value);

/** prometheus_value() - a whole family that has one sample without labels */
void prometheus_value(struct buf *out, const char *name, const char *type, const char *help,
                      uint64_t value);

/** prometheus_histogram_put() - the samples NAME_bucket, NAME_sum and NAME_count */
void prometheus_histogram_put(struct buf *out, const char *name,
                              const struct prometheus_label *labels,
                              const struct prometheus_histogram *h);

#endif
