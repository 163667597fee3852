/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: a whole HTTP/2 connection to the gRPC server, as a kubelet would make it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/grpc/server.h"
#include "net/unix_socket.h"

enum {
    PIECE_SIZE = 4096, /* bytes */
    TURNS = 8,         /* of the loop after each piece */
    MESSAGE_SIZE = 3000,
};

struct stream {
    struct grpc_call *call;
    int messages;
};

static struct loop *loop;
static char directory[] = "/tmp/coffer-fuzz-XXXXXX";
static char path[64];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void zeros_read(void *context, uint32_t offset, uint8_t *to, size_t size)
{
    (void)context;
    if (offset + size > MESSAGE_SIZE)
        abort();
    memset(to, 0, size);
}

static bool stream_next(void *userdata, struct grpc_source *ret)
{
    struct stream *s = userdata;

    *ret = (struct grpc_source){MESSAGE_SIZE, zeros_read, s};
    return s->messages-- > 0;
}

static void stream_closed(void *userdata)
{
    free(userdata);
}

static const struct grpc_stream_ops stream_ops = {stream_next, stream_closed};

static void echo(void *service, struct grpc_call *call, struct span request)
{
    (void)service;
    grpc_call_reply(call, request);
}

static void stream(void *service, struct grpc_call *call, struct span request)
{
    struct stream *s = calloc(1, sizeof(*s));

    (void)service;
    (void)request;
    if (!s)
        abort();
    s->messages = 3;
    grpc_call_stream(call, &stream_ops, s);
}

static const struct grpc_method methods[] = {
    {"/t/Echo", echo},
    {"/t/Stream", stream},
    {0},
};

static void remove_directory(void)
{
    rmdir(directory);
}

static void prepare(void)
{
    if (loop)
        return;
    if (!mkdtemp(directory) || loop_new(&loop, NULL) < 0)
        abort();
    snprintf(path, sizeof(path), "%s/s.sock", directory);
    atexit(remove_directory);
}

static void turn(int fd)
{
    uint8_t waste[PIECE_SIZE];

    for (int i = 0; i < TURNS; i++) {
        if (loop_step(loop, false, NULL) < 0)
            abort();
        (void)!read(fd, waste, sizeof(waste));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct grpc_server *server;
    int fd;

    prepare();
    if (grpc_server_new(loop, path, methods, NULL, &server, NULL) < 0 ||
        unix_socket_connect(SOCK_STREAM, path, &fd, NULL) < 0)
        abort();
    turn(fd);
    for (size_t at = 0; at < size; at += PIECE_SIZE) {
        if (write(fd, data + at, MIN(size - at, (size_t)PIECE_SIZE)) < 0)
            break;
        turn(fd);
    }
    fd_close(fd);
    grpc_server_free(server);
    return 0;
}
