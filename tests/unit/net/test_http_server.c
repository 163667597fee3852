/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "mutate.h"
#include "net/http/server.h"

enum {
    BIG = 1024 * 1024, /* bytes of an answer */
    BODY_MAX = 1000,   /* bytes of a request's body */
    SAID_MAX = 4 * BIG,
};

struct fixture {
    struct loop *loop;
    struct http_server *server;
    int fd;          /* the client's end */
    struct buf said; /* by the server */
    bool is_closed;  /* by the server */
    struct http_exchange *late;
    struct http_prebuilt *prebuilt;
    char last_body[BODY_MAX + 1];
    int handled;
};

static void on_hello(void *userdata, struct http_exchange *x)
{
    struct fixture *f = userdata;

    f->handled++;
    buf_put_str(http_exchange_body(x), "hello");
    http_exchange_send(x, 200);
}

static void on_echo(void *userdata, struct http_exchange *x)
{
    const struct http_request *request = http_exchange_request(x);
    struct fixture *f = userdata;

    f->handled++;
    snprintf(f->last_body, sizeof(f->last_body), "%.*s", (int)request->body.len,
             (const char *)request->body.data);
    http_exchange_type(x, "application/octet-stream");
    http_exchange_field(x, "X-Part", "%.*s", (int)request->parameters[0].len,
                        (const char *)request->parameters[0].data);
    buf_put(http_exchange_body(x), request->body);
    http_exchange_send(x, 201);
}

static void on_big(void *userdata, struct http_exchange *x)
{
    struct fixture *f = userdata;

    f->handled++;
    buf_put_zero(http_exchange_body(x), BIG);
    http_exchange_send(x, 200);
}

static void on_late(void *userdata, struct http_exchange *x)
{
    struct fixture *f = userdata;

    f->handled++;
    f->late = x;
}

static void on_prebuilt(void *userdata, struct http_exchange *x)
{
    struct fixture *f = userdata;

    http_exchange_field(x, "Age", "%d", 7);
    http_exchange_send_prebuilt(x, f->prebuilt);
}

static void on_evil_field(void *userdata, struct http_exchange *x)
{
    (void)userdata;
    http_exchange_field(x, "X", "a\r\nSet-Cookie: b");
    http_exchange_send(x, 204);
}

static const struct http_route routes[] = {
    {.methods = HTTP_GET, .pattern = "/hello", .handle = on_hello},
    {.methods = HTTP_POST | HTTP_PUT,
     .pattern = "/echo/{}",
     .body_max = BODY_MAX,
     .handle = on_echo},
    {.methods = HTTP_GET, .pattern = "/big", .handle = on_big},
    {.methods = HTTP_GET, .pattern = "/late", .handle = on_late},
    {.methods = HTTP_GET, .pattern = "/prebuilt", .handle = on_prebuilt},
    {.methods = HTTP_DELETE, .pattern = "/field", .handle = on_evil_field},
    {0},
};

static int client_connect(struct fixture *f)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    assert_int_equal(http_server_adopt(f->server, fds[0], NULL), 0);
    return fds[1];
}

static void serve_with(struct fixture *f, const struct http_limits *limits)
{
    const struct http_server_options options = {
        .routes = routes,
        .userdata = f,
        .limits = limits,
    };

    assert_int_equal(http_server_new(f->loop, &options, &f->server, NULL), 0);
    f->fd = client_connect(f);
    f->said = buf_init(SAID_MAX);
}

static int set_up_bare(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    f->fd = -1;
    assert_int_equal(loop_new(&f->loop, NULL), 0);
    assert_int_equal(http_prebuilt_new(200, "application/json", span_of(NULL, 0), span_str("{}"),
                                       &f->prebuilt, NULL),
                     0);
    *state = f;
    return 0;
}

static int set_up(void **state)
{
    (void)set_up_bare(state);
    serve_with(*state, NULL);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    fd_close(f->fd);
    http_server_free(f->server);
    loop_free(f->loop);
    http_prebuilt_unref(f->prebuilt);
    buf_done(&f->said);
    free(f);
    return 0;
}

/* Reads what the server has said up to now. */
static void hear(struct fixture *f)
{
    for (;;) {
        uint8_t *to = buf_reserve(&f->said, 65536);
        ssize_t n = to ? read(f->fd, to, 65536) : -1;

        if (n <= 0) {
            f->is_closed = f->is_closed || n == 0 || (n < 0 && errno != EAGAIN);
            return;
        }
        f->said.len += (size_t)n;
    }
}

static void settle(struct fixture *f)
{
    for (int i = 0; i < 8; i++) {
        assert_int_equal(loop_step(f->loop, false, NULL), 0);
        hear(f);
    }
}

static void say(struct fixture *f, struct span bytes)
{
    assert_int_equal(send(f->fd, bytes.data, bytes.len, MSG_NOSIGNAL), bytes.len);
    settle(f);
}

static unsigned said_count(struct fixture *f, const char *text)
{
    const char *at = buf_cstr(&f->said);
    unsigned count = 0;

    while ((at = strstr(at, text))) {
        count++;
        at += strlen(text);
    }
    return count;
}

static bool has_said(struct fixture *f, const char *text)
{
    return said_count(f, text) > 0;
}

static void ask(struct fixture *f, const char *request)
{
    buf_clear(&f->said);
    say(f, span_str(request));
}

static void requests_follow_each_other_on_a_connection(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 3; i++) {
        ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_true(has_said(f, "HTTP/1.1 200 OK\r\nDate: "));
        assert_true(has_said(f, "Content-Type: text/plain; charset=utf-8\r\n"));
        assert_true(has_said(f, "Content-Length: 5\r\n\r\nhello"));
        assert_false(has_said(f, "Connection:"));
    }
    assert_false(f->is_closed);
    ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_true(has_said(f, "Connection: close\r\n"));
    assert_true(f->is_closed);
    assert_true(http_server_counters(f->server).requests == 4);
}

static void old_clients_are_answered_in_their_way(void **state)
{
    struct fixture *f = *state;

    ask(f, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_true(has_said(f, "Connection: keep-alive\r\n"));
    ask(f, "GET /hello HTTP/1.0\r\n\r\n");
    assert_true(has_said(f, "hello") && f->is_closed);
}

static void a_head_has_no_body(void **state)
{
    struct fixture *f = *state;

    ask(f, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(has_said(f, "Content-Length: 5\r\n\r\n") && !has_said(f, "hello"));
    ask(f, "HEAD /prebuilt HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(has_said(f, "Content-Length: 2\r\n\r\n") && !has_said(f, "{}"));
    ask(f, "HEAD /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(has_said(f, "404 Not Found") && !has_said(f, "not found;"));
    ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(has_said(f, "hello"));
}

static void a_prebuilt_answer_gets_fields_of_its_own(void **state)
{
    struct fixture *f = *state;

    ask(f, "GET /prebuilt HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(has_said(f, "Age: 7\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                            "\r\n{}"));
}

static void a_value_cannot_begin_another_field(void **state)
{
    struct fixture *f = *state;

    ask(f, "DELETE /field HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(has_said(f, "204 No Content") && has_said(f, "X: a??Set-Cookie: b\r\n"));
    assert_false(has_said(f, "\nSet-Cookie") || has_said(f, "Content-Length"));
}

static void bodies_come_by_length_or_in_chunks(void **state)
{
    struct fixture *f = *state;

    ask(f, "POST /echo/a%20b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody");
    assert_true(has_said(f, "201 Created") && has_said(f, "X-Part: a%20b\r\n"));
    assert_string_equal(f->last_body, "body");
    ask(f, "PUT /echo/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
           "3\r\nchu\r\n3\r\nnks\r\n0\r\n\r\n");
    assert_string_equal(f->last_body, "chunks");
    ask(f, "POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assert_string_equal(f->last_body, "");
    assert_int_equal(f->handled, 3);
    assert_int_equal(http_server_memory(f->server), 0);
}

static void requests_may_come_byte_by_byte(void **state)
{
    static const char text[] = "\r\nPOST /echo/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked"
                               "\r\n\r\n5\r\nbytes\r\n0\r\n\r\n"
                               "PUT /echo/2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nno"
                               "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(text) - 1; i++)
        say(f, span_of(text + i, 1));
    assert_int_equal(f->handled, 3);
    assert_true(has_said(f, "bytes") && has_said(f, "no") && has_said(f, "hello"));
    assert_int_equal(http_server_memory(f->server), 0);
}

static void a_body_is_waited_for_with_continue(void **state)
{
    struct fixture *f = *state;

    ask(f, "POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_string_equal(buf_cstr(&f->said), "HTTP/1.1 100 Continue\r\n\r\n");
    ask(f, "ok");
    assert_true(has_said(f, "201 Created"));
    /* the body is here already */
    ask(f,
        "POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok");
    assert_false(has_said(f, "100 Continue"));
    /* and this one is not wanted */
    ask(f, "POST /echo/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n"
           "\r\n");
    assert_true(has_said(f, "413 Content Too Large") && !has_said(f, "100 Continue"));
}

static void refusals_say_why_and_end_the_connection(void **state)
{
#define HOST " HTTP/1.1\r\nHost: x\r\n"
    static const struct {
        const char *request, *status;
    } rows[] = {
        {"GET /hello HTTP/1.1\n\n", "400"},
        {"GET /hello" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "400"},
        {"BREW /hello" HOST "\r\n", "501"},
        {"GET /hello HTTP/3.0\r\n\r\n", "505"},
        {"GET /hello" HOST "Content-Length: 1\r\n\r\nx", "413"},
        {"POST /echo/1" HOST "Content-Length: 1001\r\n\r\n", "413"},
        {"POST /echo/1" HOST "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", "413"},
        {"POST /echo/1" HOST "Transfer-Encoding: chunked\r\n\r\nz\r\n", "400"},
        {"POST /nowhere" HOST "Content-Length: 1\r\n\r\nx", "404"},
        {"POST /hello" HOST "Content-Length: 1\r\n\r\nx", "405"},
        {"POST /echo/1" HOST "Content-Length: 1\r\nExpect: x\r\n\r\n", "417"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char status[32];

        ask(f, rows[i].request);
        if (strncmp(rows[i].request,
                    "POST /echo/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                    "\r\n3e9",
                    60) == 0)
            say(f, span_of((uint8_t[BODY_MAX + 1]){'x'}, BODY_MAX + 1));
        snprintf(status, sizeof(status), "HTTP/1.1 %s ", rows[i].status);
        if (!has_said(f, status) || !has_said(f, "Connection: close\r\n") || !f->is_closed)
            fail_msg("row %zu: %s", i, buf_cstr(&f->said));
        fd_close(f->fd);
        f->fd = client_connect(f);
        f->is_closed = false;
    }
    assert_int_equal(f->handled, 0);
    assert_true(http_server_counters(f->server).refused == ARRAY_COUNT(rows));
}

static void unknown_paths_keep_the_connection(void **state)
{
    struct fixture *f = *state;

    ask(f, "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(has_said(f, "404 Not Found") && has_said(f, "/hello"));
    ask(f, "PUT /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(has_said(f, "405 Method") && has_said(f, "Allow: GET, HEAD\r\n"));
    assert_false(f->is_closed);
}

static void long_heads_are_refused(void **state)
{
    static char text[HTTP_HEAD_SIZE_MAX + 1];
    struct fixture *f = *state;

    memset(text, 'a', sizeof(text));
    say(f, span_of(text, sizeof(text)));
    assert_true(has_said(f, "414 URI Too Long") && f->is_closed);
    fd_close(f->fd);
    f->fd = client_connect(f);
    memcpy(text, "GET / HTTP/1.1\r\nX:", 18);
    say(f, span_of(text, sizeof(text)));
    assert_true(has_said(f, "431 Request Header Fields Too Large"));
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    enum { REQUESTS = 5 * HTTP_BATCH_MAX };
    CLEANUP(buf_done) struct buf all = buf_init(SAID_MAX);
    struct fixture *f = *state;

    for (int i = 0; i < REQUESTS; i++)
        buf_printf(&all, "POST /echo/%d HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n.", i);
    say(f, buf_span(&all));
    assert_int_equal(f->handled, REQUESTS);
    assert_int_equal(said_count(f, "201 Created"), REQUESTS);
    assert_true(strstr(buf_cstr(&f->said), "X-Part: 0\r") <
                strstr(buf_cstr(&f->said), "X-Part: 79\r"));
    assert_int_equal(http_server_memory(f->server), 0);
}

/* The case that took libevent's server 64 MiB. */
static void a_peer_that_does_not_read_is_not_read_from(void **state)
{
    static const char request[] = "GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
    struct fixture *f = *state;
    size_t sent = 0;

    for (int i = 0; i < 100000; i++) {
        ssize_t n = send(f->fd, request, sizeof(request) - 1, MSG_NOSIGNAL);

        if (n == -1 && errno == EAGAIN)
            break;
        sent += (size_t)MAX(n, (ssize_t)0);
        assert_int_equal(loop_step(f->loop, false, NULL), 0);
    }
    assert_true(sent < 4 * BIG);
    assert_int_equal(f->handled, 1);
    assert_true(http_server_memory(f->server) < 2 * BIG);
}

static void a_peer_that_has_stopped_sending_gets_its_answers(void **state)
{
    const struct span text = span_str("GET /big HTTP/1.1\r\nHost: x\r\n\r\n"
                                      "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    struct fixture *f = *state;

    assert_int_equal(send(f->fd, text.data, text.len, MSG_NOSIGNAL), text.len);
    assert_int_equal(shutdown(f->fd, SHUT_WR), 0);
    while (!f->is_closed) {
        assert_int_equal(loop_step(f->loop, false, NULL), 0);
        hear(f);
    }
    assert_int_equal(f->handled, 2);
    assert_true(f->said.len > BIG);
}

static void an_answer_may_come_later(void **state)
{
    struct fixture *f = *state;

    ask(f, "GET /late HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(f->said.len, 0);
    buf_put_str(http_exchange_body(f->late), "at last");
    http_exchange_send(f->late, 200);
    settle(f);
    assert_true(has_said(f, "at last") && has_said(f, "hello"));
    assert_int_equal(f->handled, 2);
}

static void a_late_answer_survives_peer_and_server(void **state)
{
    struct fixture *f = *state;
    struct http_exchange *first;

    ask(f, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
    first = f->late;
    f->fd = fd_close(f->fd);
    assert_int_equal(loop_step(f->loop, false, NULL), 0);
    http_exchange_send(first, 200);
    f->fd = client_connect(f);
    ask(f, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
    http_server_free(f->server);
    f->server = NULL;
    http_exchange_fail(f->late, 503, "too late");
}

static const struct http_limits hasty = {
    .connections = {.connections_max = 8},
    .memory_max = BIG / 2,
    .request_ms = 20,
    .answer_ms = 20,
    .idle_ms = 20,
};

static void closed_await(struct fixture *f)
{
    while (!f->is_closed) {
        assert_int_equal(loop_step(f->loop, true, NULL), 0);
        hear(f);
    }
}

static void a_request_has_a_deadline_in_all(void **state)
{
    static const char text[] = "GET /hello HTTP/1.1\r\nX: ";
    struct fixture *f = *state;

    serve_with(f, &hasty);
    assert_int_equal(send(f->fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    while (!f->is_closed) { /* a byte in each turn does not help */
        (void)!send(f->fd, "a", 1, MSG_NOSIGNAL);
        assert_int_equal(loop_step(f->loop, true, NULL), 0);
        hear(f);
    }
    assert_true(has_said(f, "408 Request Timeout") || has_said(f, "431 "));
    assert_int_equal(f->handled, 0);
}

static void silent_and_idle_connections_end(void **state)
{
    struct fixture *f = *state;

    serve_with(f, &hasty);
    closed_await(f); /* has never said anything */
    assert_int_equal(f->said.len, 0);
    fd_close(f->fd);
    f->fd = client_connect(f);
    f->is_closed = false;
    say(f, span_str("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
    closed_await(f);
    assert_true(has_said(f, "hello") && !has_said(f, "408"));
    assert_true(http_server_counters(f->server).expired == 1);
}

static void memory_of_all_is_bounded(void **state)
{
    enum { PEERS = 6 };
    static const char request[] = "GET /big HTTP/1.1\r\nHost: x\r\n\r\n";
    struct http_limits limits = hasty;
    struct fixture *f = *state;
    int fds[PEERS];

    limits.answer_ms = limits.request_ms = limits.idle_ms = 1000000;
    serve_with(f, &limits);
    for (int i = 0; i < PEERS; i++) {
        fds[i] = client_connect(f);
        assert_int_equal(send(fds[i], request, sizeof(request) - 1, MSG_NOSIGNAL),
                         sizeof(request) - 1);
        assert_int_equal(loop_step(f->loop, false, NULL), 0);
        assert_true(http_server_memory(f->server) < 2 * BIG); /* one answer, whatever it takes */
    }
    assert_true(http_server_counters(f->server).shed >= PEERS - 1);
    for (int i = 0; i < PEERS; i++)
        fd_close(fds[i]);
}

static int wire_try(struct span wire, void *context)
{
    struct fixture *f = context;
    const int handled = f->handled;

    f->fd = client_connect(f);
    (void)!send(f->fd, wire.data, wire.len, MSG_NOSIGNAL);
    assert_int_equal(loop_step(f->loop, false, NULL), 0);
    f->fd = fd_close(f->fd);
    assert_int_equal(loop_step(f->loop, false, NULL), 0);
    return f->handled > handled ? 0 : -EBADMSG;
}

static void no_prefix_is_handled_and_no_flipped_bit_is_fatal(void **state)
{
    static const char text[] = "POST /echo/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                               "\r\n2\r\nab\r\n0\r\n\r\n";
    struct fixture *f = *state;

    fd_close(f->fd);
    assert_int_equal(mutate_prefixes(span_str(text), wire_try, f), 0);
    mutate_bits(span_str(text), 0, sizeof(text) - 1, wire_try, f);
    assert_int_equal(http_server_memory(f->server), 0);
    f->fd = client_connect(f);
    ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(has_said(f, "hello"));
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TEST_BARE(name) cmocka_unit_test_setup_teardown(name, set_up_bare, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_follow_each_other_on_a_connection),
        TEST(old_clients_are_answered_in_their_way),
        TEST(a_head_has_no_body),
        TEST(a_prebuilt_answer_gets_fields_of_its_own),
        TEST(a_value_cannot_begin_another_field),
        TEST(bodies_come_by_length_or_in_chunks),
        TEST(requests_may_come_byte_by_byte),
        TEST(a_body_is_waited_for_with_continue),
        TEST(refusals_say_why_and_end_the_connection),
        TEST(unknown_paths_keep_the_connection),
        TEST(long_heads_are_refused),
        TEST(pipelined_requests_are_answered_in_order),
        TEST(a_peer_that_does_not_read_is_not_read_from),
        TEST(a_peer_that_has_stopped_sending_gets_its_answers),
        TEST(an_answer_may_come_later),
        TEST(a_late_answer_survives_peer_and_server),
        TEST_BARE(a_request_has_a_deadline_in_all),
        TEST_BARE(silent_and_idle_connections_end),
        TEST_BARE(memory_of_all_is_bounded),
        TEST(no_prefix_is_handled_and_no_flipped_bit_is_fatal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
