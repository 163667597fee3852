/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/grpc/client.h"
#include "net/grpc/server.h"
#include "net/unix_socket.h"

enum {
    BIG = 3 * 1024 * 1024, /* bytes: many flow-control windows */
    PATIENCE_MS = 20000,
};

struct fixture {
    struct loop *loop;
    struct grpc_server *server;
    char dir[32];
    char path[64];
    bool is_done;
    enum grpc_status status;
    char why[256];
    size_t len;
    uint8_t last;
};

static uint8_t *big;

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
    struct fixture *f = userdata;

    f->is_done = true;
    f->status = status;
    snprintf(f->why, sizeof(f->why), "%s", why);
    f->len = message.len;
    f->last = message.len ? message.data[message.len - 1] : 0;
}

static void call_with(struct fixture *f, const char *method, struct span message,
                      int64_t timeout_ms)
{
    const struct grpc_request request = {f->path, method, message, timeout_ms};
    struct grpc_client *client;

    f->is_done = false;
    assert_int_equal(grpc_client_call(f->loop, &request, on_done, f, &client, NULL), 0);
    while (!f->is_done)
        assert_int_equal(loop_step(f->loop, true, NULL), 0);
}

/* Dispatch what is on its way; both ends live in this loop. */
static void settle(const struct fixture *f)
{
    enum { TURNS = 100 };

    for (int i = 0; i < TURNS; i++)
        assert_int_equal(loop_step(f->loop, false, NULL), 0);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    strcpy(f->dir, "/tmp/coffer-grpc-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/s.sock", f->dir);
    assert_int_equal(loop_new(&f->loop, NULL), 0);
    assert_int_equal(grpc_server_new(f->loop, f->path, methods, f, &f->server, NULL), 0);
    big = malloc(BIG);
    memset(big, 'b', BIG);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    grpc_server_free(f->server);
    loop_free(f->loop);
    rmdir(f->dir);
    free(big);
    free(f);
    return 0;
}

static void messages_of_every_size_come_back(void **state)
{
    static const size_t sizes[] = {0, 1, 16379, 16384, 65530, 65536, BIG};
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        call_with(f, "/t.T/Echo", span_of(big, sizes[i]), PATIENCE_MS);
        assert_int_equal(f->status, GRPC_OK);
        assert_int_equal(f->len, sizes[i]);
        assert_int_equal(f->last, sizes[i] ? 'b' : 0);
    }
}

static void an_error_keeps_its_words(void **state)
{
    struct fixture *f = *state;

    call_with(f, "/t.T/Refuse", span_of(NULL, 0), PATIENCE_MS);
    assert_int_equal(f->status, GRPC_FAILED_PRECONDITION);
    assert_string_equal(f->why, "100% \"no\"\n");
}

static void an_unknown_method_is_unimplemented(void **state)
{
    struct fixture *f = *state;

    call_with(f, "/t.T/Other", span_of(NULL, 0), PATIENCE_MS);
    assert_int_equal(f->status, GRPC_UNIMPLEMENTED);
}

static void a_late_answer_is_not_awaited(void **state)
{
    struct fixture *f = *state;

    call_with(f, "/t.T/Forget", span_of(NULL, 0), 20);
    assert_int_equal(f->status, GRPC_DEADLINE_EXCEEDED);
}

static void a_cancelled_call_is_silent(void **state)
{
    struct fixture *f = *state;
    const struct grpc_request request = {f->path, "/t.T/Forget", span_of(big, BIG), PATIENCE_MS};
    struct grpc_client *client;

    assert_int_equal(grpc_client_call(f->loop, &request, on_done, f, &client, NULL), 0);
    settle(f);
    grpc_client_cancel(client);
    call_with(f, "/t.T/Echo", span_of(big, 1), PATIENCE_MS);
    assert_int_equal(f->status, GRPC_OK);
}

static void a_server_that_ends_ends_its_calls(void **state)
{
    struct fixture *f = *state;
    const struct grpc_request request = {f->path, "/t.T/Forget", span_of(NULL, 0), PATIENCE_MS};
    struct grpc_client *client;

    assert_int_equal(grpc_client_call(f->loop, &request, on_done, f, &client, NULL), 0);
    settle(f);
    grpc_server_free(f->server);
    f->server = NULL;
    while (!f->is_done)
        assert_int_equal(loop_step(f->loop, true, NULL), 0);
    assert_int_equal(f->status, GRPC_UNAVAILABLE);
    assert_int_equal(access(f->path, F_OK), -1);
    assert_int_equal(grpc_client_call(f->loop, &request, on_done, f, &client, NULL), -ENOENT);
}

/* Bytes in use, and the number that the next descriptor gets. */
static void resources_count(size_t *ret_bytes, int *ret_fd)
{
    *ret_fd = dup(STDIN_FILENO);
    close(*ret_fd);
    *ret_bytes = mallinfo2().uordblks;
}

static void ten_thousand_calls_leak_nothing(void **state)
{
    enum { CALLS = 10000, WARM_UP = 100, SLACK = 64 * 1024 }; /* the allocator keeps some */
    struct fixture *f = *state;
    size_t bytes_before, bytes_after;
    int fd_before, fd_after;

    for (int i = 0; i < WARM_UP; i++)
        call_with(f, "/t.T/Echo", span_of(big, 100), PATIENCE_MS);
    settle(f);
    resources_count(&bytes_before, &fd_before);
    for (int i = 0; i < CALLS; i++)
        call_with(f, i % 2 ? "/t.T/Echo" : "/t.T/Refuse", span_of(big, 100), PATIENCE_MS);
    settle(f);
    resources_count(&bytes_after, &fd_after);
    assert_int_equal(fd_after, fd_before);
    assert_true(bytes_after < bytes_before + SLACK);
}

static void sockets_are_replaced_only_when_nobody_serves(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    int fd;

    assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0600, &fd, &err), -EADDRINUSE);
    assert_true(grpc_server_is_bound(f->server));
    assert_int_equal(unlink(f->path), 0);
    assert_false(grpc_server_is_bound(f->server));
    assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0600, &fd, &err), 0);
    assert_false(grpc_server_is_bound(f->server));
    fd_close(fd);
    assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0600, &fd, &err), 0); /* stale */
    fd_close(fd);
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0600, &fd, &err), -EEXIST);
    assert_int_equal(rmdir(f->path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(messages_of_every_size_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_error_keeps_its_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_method_is_unimplemented, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_late_answer_is_not_awaited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancelled_call_is_silent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_server_that_ends_ends_its_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ten_thousand_calls_leak_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sockets_are_replaced_only_when_nobody_serves, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
