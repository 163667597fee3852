/* SPDX-License-Identifier: Apache-2.0 */
#include "service/prometheus.h"

#include <inttypes.h>
#include <stdio.h>

static const double US_PER_S = 1e6;

void prometheus_head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void label_value_put(struct buf *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n')
            buf_put_str(out, "\\n");
        else if (*value == '"' || *value == '\\')
            buf_printf(out, "\\%c", *value);
        else
            buf_put_u8(out, (uint8_t)*value);
    }
}

/* @last is one more label, or NULL. */
static void labels_put(struct buf *out, const struct prometheus_label *labels,
                       const struct prometheus_label *last)
{
    const char *separator = "{";

    for (; labels && labels->name; labels++) {
        buf_printf(out, "%s%s=\"", separator, labels->name);
        label_value_put(out, labels->value);
        buf_put_str(out, "\"");
        separator = ",";
    }
    if (last)
        buf_printf(out, "%s%s=\"%s\"", separator, last->name, last->value);
    if (last || separator[0] == ',')
        buf_put_str(out, "}");
}

void prometheus_sample(struct buf *out, const char *name, const struct prometheus_label *labels,
                       uint64_t value)
{
    buf_put_str(out, name);
    labels_put(out, labels, NULL);
    buf_printf(out, " %" PRIu64 "\n", value);
}

void prometheus_value(struct buf *out, const char *name, const char *type, const char *help,
                      uint64_t value)
{
    prometheus_head(out, name, type, help);
    prometheus_sample(out, name, NULL, value);
}

static void bucket_put(struct buf *out, const char *name, const struct prometheus_label *labels,
                       const char *bound, uint64_t below)
{
    const struct prometheus_label last = {"le", bound};

    buf_printf(out, "%s_bucket", name);
    labels_put(out, labels, &last);
    buf_printf(out, " %" PRIu64 "\n", below);
}

void prometheus_histogram_put(struct buf *out, const char *name,
                              const struct prometheus_label *labels,
                              const struct prometheus_histogram *h)
{
    uint64_t below = 0;
    char bound[32];

    for (size_t i = 0; i < h->count; i++) {
        below += h->buckets[i];
        snprintf(bound, sizeof(bound), "%g", (double)h->bounds_us[i] / US_PER_S);
        bucket_put(out, name, labels, bound, below);
    }
    bucket_put(out, name, labels, "+Inf", h->observations);
    buf_printf(out, "%s_sum", name);
    labels_put(out, labels, NULL);
    buf_printf(out, " %.6f\n%s_count", (double)h->sum_us / US_PER_S, name);
    labels_put(out, labels, NULL);
    buf_printf(out, " %" PRIu64 "\n", h->observations);
}
