/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/transport.h"

struct fixture {
    struct transport *transport;
    int peer;
};

static int set_up(void **state)
{
    static struct fixture f;
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(transport_plain_accept(NULL, fds[0], &f.transport, NULL), 0);
    assert_int_equal(f.transport->fd, fds[0]);
    f.peer = fds[1];
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    f->transport->ops->close(f->transport);
    f->peer = fd_close(f->peer);
    return 0;
}

static ssize_t write_text(struct transport *t, const char *first, const char *second)
{
    const struct iovec pieces[] = {
        {(void *)(uintptr_t)first, strlen(first)},
        {(void *)(uintptr_t)second, strlen(second)},
    };

    return t->ops->write(t, pieces, 2);
}

static void bytes_go_both_ways(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[16] = {0};

    assert_int_equal(write_text(f->transport, "one ", "write"), 9);
    assert_int_equal(read(f->peer, bytes, sizeof(bytes)), 9);
    assert_memory_equal(bytes, "one write", 9);
    assert_int_equal(f->transport->ops->read(f->transport, bytes, sizeof(bytes)), -EAGAIN);
    assert_false(f->transport->wants_write);
    assert_int_equal(write(f->peer, "hi", 2), 2);
    assert_int_equal(f->transport->ops->read(f->transport, bytes, sizeof(bytes)), 2);
}

static void a_full_socket_waits_to_be_writable(void **state)
{
    struct fixture *f = *state;
    ssize_t n;

    while ((n = write_text(f->transport, "many ", "bytes")) > 0)
        continue;
    assert_int_equal(n, -EAGAIN);
    assert_true(f->transport->wants_write);
}

static void an_end_is_told_and_heard(void **state)
{
    struct fixture *f = *state;
    uint8_t byte;

    f->transport->ops->end(f->transport);
    assert_int_equal(read(f->peer, &byte, 1), 0);
    assert_int_equal(write(f->peer, "x", 1), 1); /* the other direction stays open */
    assert_int_equal(f->transport->ops->read(f->transport, &byte, 1), 1);
    assert_int_equal(shutdown(f->peer, SHUT_WR), 0);
    assert_int_equal(f->transport->ops->read(f->transport, &byte, 1), 0);
}

/* Without a signal, which would end a process that does not ignore it. */
static void a_peer_that_has_gone_is_an_error(void **state)
{
    struct fixture *f = *state;

    f->peer = fd_close(f->peer);
    assert_int_equal(write_text(f->transport, "to ", "nobody"), -EPIPE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_go_both_ways),
        TEST(a_full_socket_waits_to_be_writable),
        TEST(an_end_is_told_and_heard),
        TEST(a_peer_that_has_gone_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
