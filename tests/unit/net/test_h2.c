/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/grpc/h2.h"

enum {
    BODY_SIZE = 4 * 1024 * 1024, /* bytes of an answer */
    PIECE = 16 * 1024,
};

struct end {
    struct h2 h2;
    struct fixture *fixture;
    size_t sent;
    bool is_lost, is_destroyed;
};

struct fixture {
    struct loop *loop;
    struct end server, client;
    size_t received; /* by the client */
    bool closes_in_header;
};

static void on_lost(void *owner, const char *why)
{
    struct end *e = owner;

    assert_true(why[0] != 0);
    e->is_lost = true;
}

static void on_destroy(void *owner)
{
    struct end *e = owner;

    assert_false(e->is_destroyed);
    e->is_destroyed = true;
}

static const struct h2_ops ops = {.lost = on_lost, .destroy = on_destroy};

static ssize_t body_read(nghttp2_session *session, int32_t stream, uint8_t *to, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *owner)
{
    struct end *e = owner;
    const size_t size = MIN(room, BODY_SIZE - e->sent);

    (void)session;
    (void)stream;
    (void)source;
    memset(to, 'b', size);
    e->sent += size;
    if (e->sent == BODY_SIZE)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)size;
}

static int on_request(nghttp2_session *session, const nghttp2_frame *frame, void *owner)
{
    const nghttp2_nv status = h2_field(":status", span_str("200"));
    const nghttp2_data_provider body = {.read_callback = body_read};
    struct end *e = owner;

    if (frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    if (e->fixture->closes_in_header)
        h2_close(&e->h2);
    else
        assert_int_equal(nghttp2_submit_response(session, frame->hd.stream_id, &status, 1, &body),
                         0);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *owner)
{
    struct end *e = owner;

    (void)session;
    (void)flags;
    (void)stream;
    (void)data;
    e->fixture->received += len;
    return 0;
}

static void end_start(struct fixture *f, struct end *e, int fd, bool is_server)
{
    nghttp2_session_callbacks *callbacks = h2_callbacks_new();
    const struct h2_setup setup = {
        .loop = f->loop,
        .is_server = is_server,
        .callbacks = callbacks,
        .ops = &ops,
        .owner = e,
    };

    e->fixture = f;
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, is_server ? on_request : NULL);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    assert_int_equal(h2_start(&e->h2, fd, &setup, NULL), 0);
    nghttp2_session_callbacks_del(callbacks);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    int fds[2];

    assert_int_equal(loop_new(&f->loop, NULL), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    end_start(f, &f->server, fds[0], true);
    end_start(f, &f->client, fds[1], false);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    if (!f->server.is_destroyed)
        h2_close(&f->server.h2);
    if (!f->client.is_destroyed)
        h2_close(&f->client.h2);
    loop_free(f->loop);
    free(f);
    return 0;
}

static void request_submit(nghttp2_session *session)
{
    const nghttp2_nv fields[] = {
        h2_field(":method", span_str("GET")),
        h2_field(":scheme", span_str("http")),
        h2_field(":path", span_str("/")),
        h2_field(":authority", span_str("x")),
    };

    assert_true(nghttp2_submit_request(session, NULL, fields, 4, NULL, NULL) > 0);
}

static void a_body_of_many_windows_arrives(void **state)
{
    struct fixture *f = *state;

    request_submit(f->client.h2.session);
    h2_kick(&f->client.h2);
    while (f->received < BODY_SIZE)
        assert_int_equal(loop_step(f->loop, true, NULL), 0);
    assert_int_equal(f->received, BODY_SIZE);
}

/* The bytes of a client that asks for "/" and permits any amount of data. */
static void greedy_request_write(int fd)
{
    const nghttp2_settings_entry window = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                           NGHTTP2_MAX_WINDOW_SIZE};
    nghttp2_session_callbacks *callbacks = h2_callbacks_new();
    nghttp2_session *session;
    const uint8_t *bytes;
    ssize_t len;

    assert_int_equal(nghttp2_session_client_new(&session, callbacks, NULL), 0);
    assert_int_equal(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &window, 1), 0);
    assert_int_equal(nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                                           NGHTTP2_MAX_WINDOW_SIZE),
                     0);
    request_submit(session);
    while ((len = nghttp2_session_mem_send(session, &bytes)) > 0)
        assert_int_equal(write(fd, bytes, (size_t)len), len);
    nghttp2_session_del(session);
    nghttp2_session_callbacks_del(callbacks);
}

static void a_peer_that_does_not_read_costs_a_bounded_amount(void **state)
{
    enum { TURNS = 200, KERNEL_SHARE = 2 * H2_SOCKET_BUFFER }; /* Linux doubles SO_SNDBUF */
    struct fixture *f = *state;
    struct end greedy = {0};
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    end_start(f, &greedy, fds[0], true);
    greedy_request_write(fds[1]);
    for (int i = 0; i < TURNS; i++)
        assert_int_equal(loop_step(f->loop, false, NULL), 0);
    assert_true(greedy.sent > 0);
    assert_true(greedy.sent <= H2_OUTPUT_MAX + KERNEL_SHARE + PIECE);
    fd_close(fds[1]);
    while (!greedy.is_destroyed)
        assert_int_equal(loop_step(f->loop, true, NULL), 0);
    assert_true(greedy.is_lost);
}

static void closing_inside_a_callback_is_allowed(void **state)
{
    struct fixture *f = *state;

    f->closes_in_header = true;
    request_submit(f->client.h2.session);
    h2_kick(&f->client.h2);
    while (!f->client.is_destroyed)
        assert_int_equal(loop_step(f->loop, true, NULL), 0);
    assert_true(f->server.is_destroyed);
    assert_false(f->server.is_lost); /* our own decision */
    assert_true(f->client.is_lost);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_of_many_windows_arrives),
        TEST(a_peer_that_does_not_read_costs_a_bounded_amount),
        TEST(closing_inside_a_callback_is_allowed),
    };

    signal(SIGPIPE, SIG_IGN); /* as every service does: bufferevents write with writev() */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
