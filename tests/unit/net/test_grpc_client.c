/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <unistd.h>

#include "grpc_fixture.h"

static void a_late_answer_is_not_awaited(void **state)
{
    struct grpc_fixture *f = *state;

    (void)grpc_fixture_start(f, "/t.T/Forget", span_of(NULL, 0), 20);
    grpc_fixture_wait(f);
    assert_int_equal(f->status, GRPC_DEADLINE_EXCEEDED);
}

static void a_cancelled_call_is_silent(void **state)
{
    struct grpc_fixture *f = *state;
    struct grpc_client *client = grpc_fixture_start(
        f, "/t.T/Forget", span_of(f->big, GRPC_FIXTURE_BIG), GRPC_FIXTURE_PATIENCE_MS);

    grpc_fixture_settle(f);
    grpc_client_cancel(client);
    assert_false(f->is_done);
    grpc_fixture_call(f, "/t.T/Echo", span_of(f->big, 1));
    assert_int_equal(f->status, GRPC_OK);
}

static void a_server_that_ends_ends_its_calls(void **state)
{
    struct grpc_fixture *f = *state;
    const struct grpc_request request = {.socket_path = f->path, .method = "/t.T/Echo"};
    struct grpc_client *client;

    (void)grpc_fixture_start(f, "/t.T/Forget", span_of(NULL, 0), GRPC_FIXTURE_PATIENCE_MS);
    grpc_fixture_settle(f);
    grpc_server_free(f->server);
    f->server = NULL;
    grpc_fixture_wait(f);
    assert_int_equal(f->status, GRPC_UNAVAILABLE);
    assert_int_equal(access(f->path, F_OK), -1);
    assert_int_equal(grpc_client_call(f->loop, &request, NULL, f, &client, NULL), -ENOENT);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, grpc_fixture_set_up, grpc_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_late_answer_is_not_awaited),
        TEST(a_cancelled_call_is_silent),
        TEST(a_server_that_ends_ends_its_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
