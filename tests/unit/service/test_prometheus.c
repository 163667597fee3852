/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "service/prometheus.h"

static void a_family_is_a_head_and_samples(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(4096);
    const struct prometheus_label labels[] = {{"pod", "a"}, {"kind", "b"}, {0}};

    (void)state;
    prometheus_value(&out, "x_total", "counter", "Things.", 7);
    prometheus_sample(&out, "x_total", labels, UINT64_MAX);
    assert_int_equal(buf_status(&out), 0);
    assert_string_equal(buf_cstr(&out), "# HELP x_total Things.\n"
                                        "# TYPE x_total counter\n"
                                        "x_total 7\n"
                                        "x_total{pod=\"a\",kind=\"b\"} 18446744073709551615\n");
}

static void label_values_are_escaped(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(4096);
    const struct prometheus_label labels[] = {{"name", "a\"b\\c\nd"}, {0}};

    (void)state;
    prometheus_sample(&out, "x", labels, 1);
    assert_string_equal(buf_cstr(&out), "x{name=\"a\\\"b\\\\c\\nd\"} 1\n");
}

static void histogram_buckets_are_cumulative(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(4096);
    const int64_t bounds_us[] = {50, 1000000};
    const uint64_t buckets[] = {2, 3};
    const struct prometheus_histogram h = {.bounds_us = bounds_us,
                                           .buckets = buckets,
                                           .count = 2,
                                           .observations = 6,
                                           .sum_us = 1500001};
    const struct prometheus_label labels[] = {{"r", "x"}, {0}};

    (void)state;
    prometheus_histogram_put(&out, "t", labels, &h);
    assert_string_equal(buf_cstr(&out), "t_bucket{r=\"x\",le=\"5e-05\"} 2\n"
                                        "t_bucket{r=\"x\",le=\"1\"} 5\n"
                                        "t_bucket{r=\"x\",le=\"+Inf\"} 6\n"
                                        "t_sum{r=\"x\"} 1.500001\n"
                                        "t_count{r=\"x\"} 6\n");
    buf_clear(&out);
    prometheus_histogram_put(&out, "t", NULL, &h);
    assert_non_null(strstr(buf_cstr(&out), "t_bucket{le=\"1\"} 5\n"));
    assert_non_null(strstr(buf_cstr(&out), "t_count 6\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_family_is_a_head_and_samples),
        cmocka_unit_test(label_values_are_escaped),
        cmocka_unit_test(histogram_buckets_are_cumulative),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
