/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of a served connection fails once: the peer may get an error or an end, and the
 * server serves the next one. */
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
#include "net/http/server.h"
#include "torture.h"

enum {
    TURNS = 8,
    BODY_MAX = 64, /* bytes */
};

static struct http_exchange *late;

static void on_echo(void *userdata, struct http_exchange *x)
{
    (void)userdata;
    http_exchange_field(x, "A", "%s", "b");
    buf_put(http_exchange_body(x), http_exchange_request(x)->body);
    http_exchange_send(x, 200);
}

static void on_late(void *userdata, struct http_exchange *x)
{
    (void)userdata;
    late = x;
}

static const struct http_route routes[] = {
    {.methods = HTTP_POST, .pattern = "/echo", .body_max = BODY_MAX, .handle = on_echo},
    {.methods = HTTP_GET, .pattern = "/late", .handle = on_late},
    {0},
};

static void say(struct loop *loop, int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
    for (int i = 0; i < TURNS; i++)
        assert_int_equal(loop_step(loop, false, NULL), 0);
}

static void late_answer(void)
{
    struct http_exchange *x = late;

    late = NULL;
    if (x)
        http_exchange_fail(x, 503, "%s", "later");
}

static void conversation(struct loop *loop, int fd)
{
    say(loop, fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n");
    say(loop, fd, "ab\r\n0\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
    say(loop, fd, "cGET /late HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n\r\n");
    late_answer();
    say(loop, fd, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
}

static int scene(void *context)
{
    const struct http_server_options options = {.routes = routes};
    struct http_server *server = NULL;
    struct loop *loop = NULL;
    int fds[2] = {-1, -1}, r;

    (void)context;
    r = loop_new(&loop, NULL);
    if (r == 0)
        r = http_server_new(loop, &options, &server, NULL);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    if (r == 0) {
        r = http_server_adopt(server, fds[0], NULL);
        if (r == 0) {
            fds[0] = -1;
            conversation(loop, fds[1]);
        }
        assert_int_equal(http_server_memory(server) > BODY_MAX * 64, 0);
    }
    http_server_free(server);
    late_answer();
    loop_free(loop);
    fd_close(fds[0]);
    fd_close(fds[1]);
    return r;
}

static void every_allocation_may_fail(void **state)
{
    struct torture_count count = torture_run(scene, NULL);

    (void)state;
    assert_true(count.runs > 10);
    assert_int_equal(count.other, 0);
    assert_true(count.refused > 0 && count.done > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
