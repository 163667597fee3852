/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a connection of the HTTP server, with its bytes in arbitrary pieces. The input is a
 * row of records: one byte of length, then as many bytes to send; a length of zero lets the late
 * answers come, 255 ends the peer's sending. Whatever is sent, memory stays in its bound, every
 * request is answered once, and nothing is left at the end.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/http/server.h"

enum {
    BODY_MAX = 2048,     /* bytes of a request's body */
    ANSWER_SIZE = 40000, /* bytes of a large answer */
    LATE_MAX = 4,
    TURNS = 4, /* of the loop after each piece */
    LENGTH_ANSWER = 0,
    LENGTH_END = 255,
};

static struct loop *loop;
static struct http_prebuilt *prebuilt;
static struct http_exchange *late[LATE_MAX];
static size_t late_count;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
    if (!condition)
        abort();
}

static void on_echo(void *userdata, struct http_exchange *x)
{
    const struct http_request *request = http_exchange_request(x);

    (void)userdata;
    check(request->body.len <= BODY_MAX);
    buf_put(http_exchange_body(x), request->body);
    http_exchange_field(x, "X", "%.*s", (int)request->query.len, (const char *)request->query.data);
    http_exchange_send(x, 200);
}

static void on_late(void *userdata, struct http_exchange *x)
{
    (void)userdata;
    if (late_count < LATE_MAX)
        late[late_count++] = x;
    else
        http_exchange_fail(x, 503, "busy");
}

static void on_prebuilt(void *userdata, struct http_exchange *x)
{
    (void)userdata;
    http_exchange_send_prebuilt(x, prebuilt);
}

static const struct http_route routes[] = {
    {.methods = HTTP_GET | HTTP_POST, .pattern = "/e", .body_max = BODY_MAX, .handle = on_echo},
    {.methods = HTTP_GET, .pattern = "/l", .body_max = BODY_MAX, .handle = on_late},
    {.methods = HTTP_GET | HTTP_PUT, .pattern = "/p/{*}", .body_max = 16, .handle = on_prebuilt},
    {0},
};

static void prepare(void)
{
    static const uint8_t body[ANSWER_SIZE];

    if (loop)
        return;
    if (loop_new(&loop, NULL) < 0 ||
        http_prebuilt_new(200, "a/b", span_of(NULL, 0), span_of(body, sizeof(body)), &prebuilt,
                          NULL) < 0)
        abort();
}

static void turn(int fd)
{
    static uint8_t waste[ANSWER_SIZE];

    for (int i = 0; i < TURNS; i++) {
        check(loop_step(loop, false, NULL) == 0);
        (void)!recv(fd, waste, sizeof(waste), MSG_DONTWAIT);
    }
}

static void late_answer(void)
{
    while (late_count > 0)
        http_exchange_send(late[--late_count], 200);
}

static void records_send(int fd, struct http_server *server, struct span rest)
{
    while (rest.len) {
        const uint8_t length = rest.data[0];
        struct span piece;

        rest = span_from(rest, 1);
        piece = span_sub(rest, 0, MIN((size_t)length, rest.len));
        if (length == LENGTH_ANSWER) {
            late_answer();
        } else if (length == LENGTH_END) {
            (void)shutdown(fd, SHUT_WR);
        } else {
            (void)!send(fd, piece.data, piece.len, MSG_NOSIGNAL | MSG_DONTWAIT);
            rest = span_from(rest, piece.len);
        }
        turn(fd);
        check(http_server_memory(server) <= HTTP_BODY_SIZE_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct http_server_options options = {.routes = routes};
    struct http_server *server;
    int fds[2];

    prepare();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0 ||
        http_server_new(loop, &options, &server, NULL) < 0 ||
        http_server_adopt(server, fds[0], NULL) < 0)
        abort();
    records_send(fds[1], server, span_of(data, size));
    fd_close(fds[1]);
    if (size % 2)
        late_answer();
    http_server_free(server);
    late_answer();
    return 0;
}
