/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grpc_fixture.h"

static void echo(void *service, struct grpc_call *call, struct span request)
{
    (void)service;
    grpc_call_reply(call, request);
}

static void refuse(void *service, struct grpc_call *call, struct span request)
{
    (void)service;
    (void)request;
    grpc_call_fail(call, GRPC_FAILED_PRECONDITION, "100%% \"no\"\n");
}

static void forget(void *service, struct grpc_call *call, struct span request)
{
    (void)service;
    (void)call;
    (void)request;
}

static const struct grpc_method methods[] = {
    {"/t.T/Echo", echo},
    {"/t.T/Refuse", refuse},
    {"/t.T/Forget", forget},
    {0},
};

static void on_done(void *userdata, enum grpc_status status, const char *why, struct span message)
{
    struct grpc_fixture *f = userdata;

    f->is_done = true;
    f->status = status;
    snprintf(f->why, sizeof(f->why), "%s", why);
    f->len = message.len;
    f->last = message.len ? message.data[message.len - 1] : 0;
}

struct grpc_client *grpc_fixture_start(struct grpc_fixture *f, const char *method,
                                       struct span message, int64_t timeout_ms)
{
    const struct grpc_request request = {f->path, method, message, timeout_ms};
    struct grpc_client *client;

    f->is_done = false;
    assert_int_equal(grpc_client_call(f->loop, &request, on_done, f, &client, NULL), 0);
    return client;
}

void grpc_fixture_wait(struct grpc_fixture *f)
{
    while (!f->is_done)
        assert_int_equal(loop_step(f->loop, true, NULL), 0);
}

void grpc_fixture_call(struct grpc_fixture *f, const char *method, struct span message)
{
    (void)grpc_fixture_start(f, method, message, GRPC_FIXTURE_PATIENCE_MS);
    grpc_fixture_wait(f);
}

void grpc_fixture_settle(const struct grpc_fixture *f)
{
    enum { TURNS = 100 };

    for (int i = 0; i < TURNS; i++)
        assert_int_equal(loop_step(f->loop, false, NULL), 0);
}

int grpc_fixture_set_up(void **state)
{
    struct grpc_fixture *f = calloc(1, sizeof(*f));

    strcpy(f->dir, "/tmp/coffer-grpc-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/s.sock", f->dir);
    assert_int_equal(loop_new(&f->loop, NULL), 0);
    assert_int_equal(grpc_server_new(f->loop, f->path, methods, f, &f->server, NULL), 0);
    f->big = malloc(GRPC_FIXTURE_BIG);
    memset(f->big, 'b', GRPC_FIXTURE_BIG);
    *state = f;
    return 0;
}

int grpc_fixture_tear_down(void **state)
{
    struct grpc_fixture *f = *state;

    grpc_server_free(f->server);
    loop_free(f->loop);
    rmdir(f->dir);
    free(f->big);
    free(f);
    return 0;
}
