/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "aesm/answer.h"
#include "aesm/service.h"
#include "quote_request.h"

enum {
    CLIENT_COUNT = 20,
};

/* A client of the service: what it was answered. */
struct asker {
    struct aesm_service_client client;
    unsigned responses;
    uint32_t code;
    size_t quote_size;
};

static struct loop *loop;
static struct aesm_metrics metrics;
static unsigned calls;
static unsigned call_us;

static void on_respond(struct aesm_service_client *client, struct span frame)
{
    struct asker *a = (struct asker *)client;
    struct aesm_response response;

    assert_int_equal(aesm_response_parse(span_from(frame, 4), &response, NULL), 0);
    a->responses++;
    a->code = response.code;
    a->quote_size = response.bytes[2].bytes.len;
}

static uint32_t fake_size(void *self, uint32_t *ret_size, struct err *err)
{
    (void)self;
    (void)err;
    calls++;
    usleep(call_us);
    *ret_size = 1000 + calls;
    return AESM_SUCCESS;
}

static uint32_t fake_quote(void *self, const struct aesm_quote_order *order, struct err *err)
{
    (void)self;
    calls++;
    usleep(call_us);
    if (order->report[0] != 0xff)
        return AESM_SUCCESS;
    err_set(err, -EBADMSG, "told to");
    return AESM_INVALID_REPORT;
}

static struct aesm_backend backend_of(bool is_blocking)
{
    return (struct aesm_backend){
        .name = "fake",
        .is_blocking = is_blocking,
        .size = fake_size,
        .quote = fake_quote,
    };
}

static struct aesm_service *aesm_service_of(const struct aesm_backend *backend, unsigned length,
                                            int64_t deadline_us)
{
    const struct aesm_queue_limits limits = {.length = length, .deadline_us = deadline_us};
    struct aesm_service *s = NULL;

    assert_int_equal(aesm_service_new(backend, &limits, loop, &metrics, &s, NULL), 0);
    return s;
}

static int setup(void **state)
{
    (void)state;
    calls = 0;
    call_us = 0;
    metrics = (struct aesm_metrics){0};
    return loop_new(&loop, NULL);
}

static int teardown(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void ask_quote(struct aesm_service *s, struct asker *a, const char *pod, uint8_t mark)
{
    uint8_t report[AESM_REPORT_SIZE] = {mark};
    const struct aesm_request q = quote_request_of(report);
    struct span frame;

    *a = (struct asker){.client.respond = on_respond};
    if (aesm_service_submit(s, pod, &q, &a->client, &frame))
        on_respond(&a->client, frame);
}

static void run_until_answered(const struct asker *askers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        while (askers[i].responses == 0)
            assert_int_equal(loop_step(loop, true, NULL), 0);
    }
}

static void what_needs_no_backend_is_answered_at_once(void **state)
{
    const struct aesm_backend backend = backend_of(false);
    CLEANUP(aesm_service_freep) struct aesm_service *s = aesm_service_of(&backend, 4, 1000000);
    const struct aesm_request q = {.kind = AESM_GET_KEY_ID_COUNT, .complete = true};
    struct asker a = {.client.respond = on_respond};
    struct span frame;

    (void)state;
    assert_true(aesm_service_submit(s, "pod", &q, &a.client, &frame));
    on_respond(&a.client, frame);
    assert_int_equal(a.responses, 1);
    assert_int_equal(a.code, AESM_SUCCESS);
    assert_int_equal(calls, 0);
    assert_int_equal(metrics.requests[AESM_GET_KEY_ID_COUNT], 1);
    assert_int_equal(metrics.responses[0], 1);
}

static void many_are_answered(bool is_blocking)
{
    const struct aesm_backend backend = backend_of(is_blocking);
    CLEANUP(aesm_service_freep)
    struct aesm_service *s = aesm_service_of(&backend, CLIENT_COUNT, 10000000);
    struct asker askers[CLIENT_COUNT];

    for (unsigned i = 0; i < CLIENT_COUNT; i++)
        ask_quote(s, &askers[i], i & 1 ? "a" : "b", (uint8_t)i);
    aesm_service_run(s);
    run_until_answered(askers, CLIENT_COUNT);
    for (unsigned i = 0; i < CLIENT_COUNT; i++) {
        assert_int_equal(askers[i].responses, 1);
        assert_int_equal(askers[i].code, AESM_SUCCESS);
        assert_int_equal(askers[i].quote_size, 5000);
    }
    assert_int_equal(calls, CLIENT_COUNT);
    assert_int_equal(metrics.latency_count, CLIENT_COUNT);
    assert_int_equal(aesm_service_depth(s), 0);
}

static void many_are_answered_on_the_loop(void **state)
{
    (void)state;
    many_are_answered(false);
}

static void many_are_answered_by_the_thread(void **state)
{
    (void)state;
    many_are_answered(true);
}

static void equal_requests_cost_one_call(void **state)
{
    const struct aesm_backend backend = backend_of(true);
    CLEANUP(aesm_service_freep)
    struct aesm_service *s = aesm_service_of(&backend, CLIENT_COUNT, 10000000);
    struct asker askers[CLIENT_COUNT];

    (void)state;
    for (unsigned i = 0; i < CLIENT_COUNT; i++)
        ask_quote(s, &askers[i], "a", 1);
    aesm_service_run(s);
    run_until_answered(askers, CLIENT_COUNT);
    assert_int_equal(calls, 1);
}

static void a_full_queue_answers_busy(void **state)
{
    const struct aesm_backend backend = backend_of(false);
    CLEANUP(aesm_service_freep) struct aesm_service *s = aesm_service_of(&backend, 2, 1000000);
    struct asker askers[3];

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        ask_quote(s, &askers[i], "a", (uint8_t)i);
    assert_int_equal(askers[2].responses, 1);
    assert_int_equal(askers[2].code, AESM_BACKEND_BUSY);
    aesm_service_run(s);
    assert_int_equal(askers[0].code | askers[1].code, AESM_SUCCESS);
    assert_int_equal(askers[0].responses + askers[1].responses, 2);
}

static void a_slow_backend_answers_busy_at_the_deadline(void **state)
{
    const struct aesm_backend backend = backend_of(true);
    CLEANUP(aesm_service_freep) struct aesm_service *s = aesm_service_of(&backend, 4, 20000);
    struct asker askers[2];

    (void)state;
    call_us = 200000;
    ask_quote(s, &askers[0], "a", 1);
    ask_quote(s, &askers[1], "a", 2);
    aesm_service_run(s);
    run_until_answered(askers, 2);
    assert_int_equal(askers[0].code, AESM_BACKEND_BUSY);
    assert_int_equal(askers[1].code, AESM_BACKEND_BUSY);
    assert_int_equal(aesm_service_queue_counters(s)->refused[AESM_QUEUE_DEADLINE], 2);
}

static void a_client_that_left_is_forgotten(void **state)
{
    const struct aesm_backend backend = backend_of(true);
    CLEANUP(aesm_service_freep) struct aesm_service *s = aesm_service_of(&backend, 4, 10000000);
    struct asker askers[3];

    (void)state;
    call_us = 20000;
    for (unsigned i = 0; i < 3; i++)
        ask_quote(s, &askers[i], "a", (uint8_t)i);
    aesm_service_run(s);
    aesm_service_cancel(&askers[0].client); /* runs already */
    aesm_service_cancel(&askers[1].client);
    aesm_service_cancel(&askers[1].client); /* twice does no harm */
    run_until_answered(&askers[2], 1);
    assert_int_equal(askers[0].responses + askers[1].responses, 0);
    assert_int_equal(calls, 2);
}

static void an_error_reaches_the_client(void **state)
{
    const struct aesm_backend backend = backend_of(false);
    CLEANUP(aesm_service_freep) struct aesm_service *s = aesm_service_of(&backend, 4, 10000000);
    struct asker a;

    (void)state;
    ask_quote(s, &a, "a", 0xff);
    aesm_service_run(s);
    assert_int_equal(a.code, AESM_INVALID_REPORT);
    assert_int_equal(metrics.responses[AESM_INVALID_REPORT], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_needs_no_backend_is_answered_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(many_are_answered_on_the_loop, setup, teardown),
        cmocka_unit_test_setup_teardown(many_are_answered_by_the_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(equal_requests_cost_one_call, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_queue_answers_busy, setup, teardown),
        cmocka_unit_test_setup_teardown(a_slow_backend_answers_busy_at_the_deadline, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_client_that_left_is_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(an_error_reaches_the_client, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
