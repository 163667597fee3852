/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "aesm/metrics.h"

static void histogram_buckets_are_cumulative(void **state)
{
    CLEANUP(buf_done) struct buf out = buf_init(AESM_METRICS_TEXT_MAX);
    const struct aesm_queue_counters queue = {.run = 3, .refused = {[AESM_QUEUE_RATE] = 9}};
    const struct aesm_metrics_state now = {.backend = "software", .depth = 4, .connections = 5};
    struct aesm_metrics m = {0};

    (void)state;
    aesm_metrics_observe(&m, 50);
    aesm_metrics_observe(&m, 51);
    aesm_metrics_observe(&m, 20000000);
    aesm_metrics_count_response(&m, 0);
    aesm_metrics_count_response(&m, 4000000000U);
    m.drops[AESM_METRICS_DROP_SLOW] = 7;
    aesm_metrics_render(&m, &queue, &now, &out);
    assert_int_equal(buf_status(&out), 0);
    assert_non_null(strstr(buf_cstr(&out), "latency_seconds_bucket{le=\"5e-05\"} 1\n"));
    assert_non_null(strstr(buf_cstr(&out), "latency_seconds_bucket{le=\"0.0001\"} 2\n"));
    assert_non_null(strstr(buf_cstr(&out), "latency_seconds_bucket{le=\"10\"} 2\n"));
    assert_non_null(strstr(buf_cstr(&out), "latency_seconds_bucket{le=\"+Inf\"} 3\n"));
    assert_non_null(strstr(buf_cstr(&out), "latency_seconds_sum 20.000101\n"));
    assert_non_null(strstr(buf_cstr(&out), "refusals_total{cause=\"rate\"} 9\n"));
    assert_non_null(strstr(buf_cstr(&out), "drops_total{cause=\"slow\"} 7\n"));
    assert_non_null(strstr(buf_cstr(&out), "responses_total{code=\"63\""));
    assert_non_null(strstr(buf_cstr(&out), "coffer_quote_queue_depth 4\n"));
    assert_non_null(strstr(buf_cstr(&out), "coffer_quote_connections 5\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histogram_buckets_are_cumulative),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
