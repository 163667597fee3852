/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "aesm/queue.h"
#include "base/macros.h"

enum {
    CLIENT_COUNT = 64,
    DEADLINE_US = 1000,
};

/* One client: what it was told. */
struct client {
    unsigned answers;
    unsigned refusals;
    enum aesm_queue_refusal refusal;
    int64_t waited_us;
    const char *result;
    struct aesm_queue_ticket *ticket;
};

static void on_answer(void *owner, const void *result, int64_t waited_us)
{
    struct client *c = owner;

    c->answers++;
    c->result = result;
    c->waited_us = waited_us;
}

static void on_refuse(void *owner, enum aesm_queue_refusal refusal)
{
    struct client *c = owner;

    c->refusals++;
    c->refusal = refusal;
}

static const struct aesm_queue_events events = {.answer = on_answer, .refuse = on_refuse};

static struct aesm_queue *new_queue(unsigned length, unsigned pod_per_s, unsigned pod_burst)
{
    const struct aesm_queue_limits limits = {
        .length = length,
        .deadline_us = DEADLINE_US,
        .pod_per_s = pod_per_s,
        .pod_burst = pod_burst,
    };
    struct aesm_queue *q = NULL;

    assert_int_equal(aesm_queue_new(&limits, &events, &q, NULL), 0);
    return q;
}

static int ask(struct aesm_queue *q, struct client *c, const char *pod, const char *key,
               int64_t now_us)
{
    return aesm_queue_submit(q, pod, span_str(key), c, now_us, &c->ticket, &c->refusal);
}

/* Run the next job and say its key. */
static const char *run_next(struct aesm_queue *q, int64_t now_us)
{
    static char key[32];
    struct aesm_queue_job *job = aesm_queue_take(q, now_us);

    if (!job)
        return NULL;
    snprintf(key, sizeof(key), "%.*s", (int)aesm_queue_job_key(job).len,
             aesm_queue_job_key(job).data);
    aesm_queue_finish(q, job, "done", now_us + 1);
    return key;
}

static void pods_take_turns(void **state)
{
    CLEANUP(aesm_queue_freep) struct aesm_queue *q = new_queue(16, 0, 0);
    struct client c[6] = {0};

    (void)state;
    ask(q, &c[0], "a", "a1", 0);
    ask(q, &c[1], "a", "a2", 0);
    ask(q, &c[2], "a", "a3", 0);
    ask(q, &c[3], "b", "b1", 0);
    ask(q, &c[4], "c", "c1", 0);
    ask(q, &c[5], "b", "b2", 0);
    assert_int_equal(aesm_queue_depth(q), 6);
    assert_string_equal(run_next(q, 1), "a1");
    assert_string_equal(run_next(q, 1), "b1");
    assert_string_equal(run_next(q, 1), "c1");
    assert_string_equal(run_next(q, 1), "a2");
    assert_string_equal(run_next(q, 1), "b2");
    assert_string_equal(run_next(q, 1), "a3");
    assert_null(run_next(q, 1));
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(c[i].answers, 1);
        assert_int_equal(c[i].waited_us, 2);
        assert_string_equal(c[i].result, "done");
    }
    assert_int_equal(aesm_queue_depth(q), 0);
}

static void equal_requests_run_once(void **state)
{
    CLEANUP(aesm_queue_freep) struct aesm_queue *q = new_queue(16, 0, 0);
    struct client c[4] = {0};
    struct aesm_queue_job *job;

    (void)state;
    ask(q, &c[0], "a", "same", 0);
    ask(q, &c[1], "b", "same", 0);
    ask(q, &c[2], "b", "other", 0);
    job = aesm_queue_take(q, 1);
    assert_non_null(job);
    ask(q, &c[3], "d", "same", 1); /* joins while it runs */
    assert_int_equal(c[3].answers, 0);
    aesm_queue_finish(q, job, "x", 2);
    assert_int_equal(c[0].answers + c[1].answers + c[3].answers, 3);
    assert_int_equal(c[2].answers, 0);
    assert_string_equal(run_next(q, 2), "other");
    assert_int_equal(aesm_queue_counters(q)->coalesced, 2);
    assert_int_equal(aesm_queue_counters(q)->run, 2);
    assert_int_equal(aesm_queue_counters(q)->answered, 4);
}

static void a_request_after_the_answer_runs_again(void **state)
{
    CLEANUP(aesm_queue_freep) struct aesm_queue *q = new_queue(16, 0, 0);
    struct client c[2] = {0};

    (void)state;
    ask(q, &c[0], "a", "same", 0);
    assert_string_equal(run_next(q, 0), "same");
    ask(q, &c[1], "a", "same", 1);
    assert_string_equal(run_next(q, 1), "same");
    assert_int_equal(aesm_queue_counters(q)->coalesced, 0);
}

static void a_full_queue_says_busy_to_the_greedy(void **state)
{
    CLEANUP(aesm_queue_freep) struct aesm_queue *q = new_queue(4, 0, 0);
    struct client c[8] = {0};
    char key[8];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        snprintf(key, sizeof(key), "a%zu", i);
        assert_int_equal(ask(q, &c[i], "greedy", key, 0), 0);
    }
    assert_int_equal(ask(q, &c[4], "greedy", "a4", 0), AESM_QUEUE_REFUSED);
    assert_int_equal(c[4].refusal, AESM_QUEUE_FULL);

    /* another pod takes places, newest first, until both hold the same */
    assert_int_equal(ask(q, &c[5], "modest", "b0", 0), 0);
    assert_int_equal(c[3].refusals, 1);
    assert_int_equal(c[3].refusal, AESM_QUEUE_SHED);
    assert_int_equal(ask(q, &c[6], "modest", "b1", 0), 0);
    assert_int_equal(c[2].refusals, 1);
    assert_int_equal(ask(q, &c[7], "modest", "b2", 0), AESM_QUEUE_REFUSED);
    assert_int_equal(aesm_queue_depth(q), 4);
    assert_int_equal(aesm_queue_counters(q)->refused[AESM_QUEUE_SHED], 2);
    assert_int_equal(aesm_queue_counters(q)->refused[AESM_QUEUE_FULL], 2);
}

static void deadlines_are_kept(void **state)
{
    CLEANUP(aesm_queue_freep) struct aesm_queue *q = new_queue(8, 0, 0);
    struct client c[3] = {0};
    struct aesm_queue_job *job;

    (void)state;
    assert_true(aesm_queue_next_deadline(q) == INT64_MAX);
    ask(q, &c[0], "a", "k0", 0);
    ask(q, &c[1], "b", "k1", 10);
    assert_true(aesm_queue_next_deadline(q) == DEADLINE_US);
    job = aesm_queue_take(q, DEADLINE_US - 1);
    aesm_queue_expire(q, DEADLINE_US);
    assert_int_equal(c[0].refusal, AESM_QUEUE_DEADLINE); /* though it runs */
    ask(q, &c[2], "a", "k0", DEADLINE_US);               /* joins the run that goes on */
    aesm_queue_finish(q, job, "x", DEADLINE_US + 1);
    assert_int_equal(c[0].answers, 0);
    assert_int_equal(c[2].answers, 1);

    /* what is late is not run */
    assert_null(aesm_queue_take(q, DEADLINE_US + 10));
    assert_int_equal(c[1].refusals, 1);
    assert_int_equal(aesm_queue_depth(q), 0);
    assert_int_equal(aesm_queue_counters(q)->refused[AESM_QUEUE_DEADLINE], 2);
}

static void a_client_that_left_is_not_served(void **state)
{
    CLEANUP(aesm_queue_freep) struct aesm_queue *q = new_queue(8, 0, 0);
    struct client c[3] = {0};
    struct aesm_queue_job *job;

    (void)state;
    ask(q, &c[0], "a", "k0", 0);
    ask(q, &c[1], "a", "k1", 0);
    ask(q, &c[2], "b", "k1", 0);
    aesm_queue_cancel(q, c[0].ticket);
    aesm_queue_cancel(q, c[1].ticket); /* k1 still has b */
    assert_string_equal(run_next(q, 0), "k1");
    assert_int_equal(c[2].answers, 1);
    assert_false(aesm_queue_waiting(q));

    ask(q, &c[0], "a", "k2", 0);
    job = aesm_queue_take(q, 0);
    aesm_queue_cancel(q, c[0].ticket); /* while it runs */
    aesm_queue_finish(q, job, "x", 0);
    assert_int_equal(c[0].answers, 0);
    assert_int_equal(aesm_queue_counters(q)->cancelled, 3);
}

static void rates_are_limited_by_pod(void **state)
{
    CLEANUP(aesm_queue_freep) struct aesm_queue *q = new_queue(32, 10, 2);
    struct client c[8] = {0};

    (void)state;
    assert_int_equal(ask(q, &c[0], "a", "1", 0), 0);
    assert_int_equal(ask(q, &c[1], "a", "2", 0), 0);
    assert_int_equal(ask(q, &c[2], "a", "3", 0), AESM_QUEUE_REFUSED);
    assert_int_equal(c[2].refusal, AESM_QUEUE_RATE);
    assert_int_equal(ask(q, &c[3], "b", "4", 0), 0);
    assert_int_equal(ask(q, &c[4], "a", "5", 99999), AESM_QUEUE_REFUSED);
    assert_int_equal(ask(q, &c[5], "a", "6", 100000), 0);
    assert_int_equal(ask(q, &c[6], "a", "7", 100001), AESM_QUEUE_REFUSED);
    /* a burst is all that silence saves up, and the limit is remembered while nothing waits */
    while (run_next(q, 100001))
        continue;
    assert_int_equal(ask(q, &c[0], "a", "8", 100000000), 0);
    assert_int_equal(ask(q, &c[1], "a", "9", 100000000), 0);
    assert_int_equal(ask(q, &c[2], "a", "10", 100000000), AESM_QUEUE_REFUSED);
}

static void pods_beyond_the_ceiling_forget_the_oldest(void **state)
{
    CLEANUP(aesm_queue_freep) struct aesm_queue *q = new_queue(AESM_QUEUE_LENGTH_MAX, 1, 1);
    struct client c = {0};
    char pod[16];

    (void)state;
    for (int i = 0; i < AESM_QUEUE_PODS_MAX + 10; i++) {
        snprintf(pod, sizeof(pod), "pod%d", i);
        assert_int_equal(ask(q, &c, pod, "k", 0), 0);
        assert_string_equal(run_next(q, 0), "k");
    }
    assert_int_equal(ask(q, &c, "pod0", "k", 0), 0); /* forgotten: a fresh burst */
    snprintf(pod, sizeof(pod), "pod%d", AESM_QUEUE_PODS_MAX + 9);
    assert_int_equal(ask(q, &c, pod, "k", 0), AESM_QUEUE_REFUSED);
    assert_int_equal(c.refusal, AESM_QUEUE_RATE);
}

static void too_many_pods_at_once_are_refused(void **state)
{
    CLEANUP(aesm_queue_freep) struct aesm_queue *q = new_queue(AESM_QUEUE_LENGTH_MAX, 0, 0);
    struct client c = {0};
    char pod[16];

    (void)state;
    for (int i = 0; i < AESM_QUEUE_PODS_MAX; i++) {
        snprintf(pod, sizeof(pod), "pod%d", i);
        assert_int_equal(ask(q, &c, pod, pod, 0), 0);
    }
    assert_int_equal(ask(q, &c, "one more", "k", 0), AESM_QUEUE_REFUSED);
    assert_int_equal(c.refusal, AESM_QUEUE_FULL);
}

static void impossible_limits_are_refused(void **state)
{
    const struct aesm_queue_limits none = {.deadline_us = 1};
    const struct aesm_queue_limits huge = {.length = AESM_QUEUE_LENGTH_MAX + 1, .deadline_us = 1};
    const struct aesm_queue_limits hasty = {.length = 1};
    const struct aesm_queue_limits burstless = {.length = 1, .deadline_us = 1, .pod_per_s = 1};
    const struct aesm_queue_limits *const cases[] = {&none, &huge, &hasty, &burstless};
    struct aesm_queue *q;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        assert_int_equal(aesm_queue_new(cases[i], &events, &q, NULL), -EINVAL);
}

/* Every ticket gets exactly one of: an answer, a refusal, or its own cancellation. */
static void random_traffic_keeps_its_books(void **state)
{
    CLEANUP(aesm_queue_freep) struct aesm_queue *q = new_queue(12, 0, 0);
    static struct client c[CLIENT_COUNT];
    struct aesm_queue_job *job = NULL;
    uint32_t seed = 1;
    unsigned asked = 0, cancelled = 0, at_once = 0;

    (void)state;
    for (int64_t now = 0; now < 200000; now++) {
        struct client *client;
        char pod[8], key[8];

        seed = seed * 1664525 + 1013904223;
        client = &c[seed >> 8 & (CLIENT_COUNT - 1)];
        snprintf(pod, sizeof(pod), "p%u", seed >> 16 & 7);
        snprintf(key, sizeof(key), "k%u", seed >> 20 & 31);
        if (client->ticket && (client->answers || client->refusals))
            *client = (struct client){0};
        if (!client->ticket) {
            asked++;
            if (ask(q, client, pod, key, now) == AESM_QUEUE_REFUSED) {
                at_once++;
                *client = (struct client){0};
            }
        }
        if (client->ticket && !client->answers && !client->refusals && (seed >> 28) == 3) {
            aesm_queue_cancel(q, client->ticket);
            cancelled++;
            *client = (struct client){0};
        }
        if (job && (seed >> 24 & 3) == 0) {
            aesm_queue_finish(q, job, "x", now);
            job = NULL;
        }
        if (!job)
            job = aesm_queue_take(q, now);
    }
    if (job)
        aesm_queue_finish(q, job, "x", 200000);
    for (size_t i = 0; i < CLIENT_COUNT; i++)
        assert_true(c[i].answers + c[i].refusals <= 1);
    const struct aesm_queue_counters *k = aesm_queue_counters(q);

    assert_int_equal(k->submitted, asked);
    assert_int_equal(k->cancelled, cancelled);
    assert_int_equal(k->refused[AESM_QUEUE_FULL], at_once);
    assert_int_equal(k->submitted, k->answered + k->cancelled + k->refused[AESM_QUEUE_FULL] +
                                       k->refused[AESM_QUEUE_SHED] +
                                       k->refused[AESM_QUEUE_DEADLINE] + aesm_queue_depth(q));
    assert_true(k->coalesced > 0 && k->refused[AESM_QUEUE_SHED] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_take_turns),
        cmocka_unit_test(equal_requests_run_once),
        cmocka_unit_test(a_request_after_the_answer_runs_again),
        cmocka_unit_test(a_full_queue_says_busy_to_the_greedy),
        cmocka_unit_test(deadlines_are_kept),
        cmocka_unit_test(a_client_that_left_is_not_served),
        cmocka_unit_test(rates_are_limited_by_pod),
        cmocka_unit_test(pods_beyond_the_ceiling_forget_the_oldest),
        cmocka_unit_test(too_many_pods_at_once_are_refused),
        cmocka_unit_test(impossible_limits_are_refused),
        cmocka_unit_test(random_traffic_keeps_its_books),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
