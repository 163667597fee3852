/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "grpc_fixture.h"
#include "net/unix_socket.h"

static void messages_of_every_size_come_back(void **state)
{
    static const size_t sizes[] = {0, 1, 16379, 16384, 65530, 65536, GRPC_FIXTURE_BIG};
    struct grpc_fixture *f = *state;

    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        grpc_fixture_call(f, "/t.T/Echo", span_of(f->big, sizes[i]));
        assert_int_equal(f->status, GRPC_OK);
        assert_int_equal(f->len, sizes[i]);
        assert_int_equal(f->last, sizes[i] ? 'b' : 0);
    }
}

static void an_error_keeps_its_words(void **state)
{
    struct grpc_fixture *f = *state;

    grpc_fixture_call(f, "/t.T/Refuse", span_of(NULL, 0));
    assert_int_equal(f->status, GRPC_FAILED_PRECONDITION);
    assert_string_equal(f->why, "100% \"no\"\n");
}

static void an_unknown_method_is_unimplemented(void **state)
{
    struct grpc_fixture *f = *state;

    grpc_fixture_call(f, "/t.T/Other", span_of(NULL, 0));
    assert_int_equal(f->status, GRPC_UNIMPLEMENTED);
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
    struct grpc_fixture *f = *state;
    size_t bytes_before, bytes_after;
    int fd_before, fd_after;

    for (int i = 0; i < WARM_UP; i++)
        grpc_fixture_call(f, "/t.T/Echo", span_of(f->big, 100));
    grpc_fixture_settle(f);
    resources_count(&bytes_before, &fd_before);
    for (int i = 0; i < CALLS; i++)
        grpc_fixture_call(f, i % 2 ? "/t.T/Echo" : "/t.T/Refuse", span_of(f->big, 100));
    grpc_fixture_settle(f);
    resources_count(&bytes_after, &fd_after);
    assert_int_equal(fd_after, fd_before);
    assert_true(bytes_after < bytes_before + SLACK);
}

static void a_server_knows_whether_its_socket_was_replaced(void **state)
{
    struct grpc_fixture *f = *state;
    int fd;

    assert_true(grpc_server_is_bound(f->server));
    assert_int_equal(unlink(f->path), 0);
    assert_false(grpc_server_is_bound(f->server));
    assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0600, &fd, NULL), 0);
    assert_false(grpc_server_is_bound(f->server));
    grpc_server_free(f->server);
    f->server = NULL;
    assert_int_equal(access(f->path, F_OK), 0); /* somebody else's now */
    fd_close(fd);
    assert_int_equal(unlink(f->path), 0);
}

/* Connections that say nothing are closed for one that calls; calls that we owe are kept. */
static void a_full_server_still_serves_the_newcomer(void **state)
{
    struct grpc_fixture *f = *state;
    int fds[GRPC_CONNECTIONS_MAX];
    struct grpc_client *kept;

    kept = grpc_fixture_start(f, "/t.T/Forget", span_of(NULL, 0), GRPC_FIXTURE_PATIENCE_MS);
    grpc_fixture_settle(f);
    for (int i = 0; i < GRPC_CONNECTIONS_MAX; i++) {
        assert_int_equal(unix_socket_connect(SOCK_STREAM, f->path, &fds[i], NULL), 0);
        grpc_fixture_settle(f);
    }
    assert_false(f->is_done); /* the call that waits for us was not closed */
    grpc_client_cancel(kept);
    grpc_fixture_call(f, "/t.T/Echo", span_of(f->big, 10));
    assert_int_equal(f->status, GRPC_OK);
    for (int i = 0; i < GRPC_CONNECTIONS_MAX; i++)
        fd_close(fds[i]);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, grpc_fixture_set_up, grpc_fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_of_every_size_come_back),
        TEST(an_error_keeps_its_words),
        TEST(an_unknown_method_is_unimplemented),
        TEST(ten_thousand_calls_leak_nothing),
        TEST(a_full_server_still_serves_the_newcomer),
        TEST(a_server_knows_whether_its_socket_was_replaced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
