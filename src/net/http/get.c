/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http/get.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "net/tcp_socket.h"

enum {
    READ_SIZE = 16 * 1024,   /* bytes asked of one read */
    REQUEST_SIZE_MAX = 1024, /* bytes */
};

/* errno is EAGAIN when the socket's timeout has passed: the message says so. */
static int transfer_failed(struct err *err, const char *what, const char *address)
{
    if (errno == EAGAIN)
        errno = ETIMEDOUT;
    return err_errno(err, "%s %s", what, address);
}

/* Reads up to the end, but no longer than @timeout_ms, however slowly the peer sends. */
static int response_read(int fd, const char *address, int timeout_ms, struct buf *storage,
                         struct err *err)
{
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;

    for (;;) {
        uint8_t *to = buf_reserve(storage, READ_SIZE);
        ssize_t n;

        if (!to)
            return err_set(err, buf_status(storage), "more than %zu bytes from %s", storage->max,
                           address);
        n = read(fd, to, READ_SIZE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return transfer_failed(err, "read from", address);
        if (n == 0)
            return 0;
        storage->len += (size_t)n;
        if (clock_monotonic_ms() > end_ms)
            return err_set(err, -ETIMEDOUT, "the answer of %s takes longer than %d ms", address,
                           timeout_ms);
    }
}

int http_get(const char *address, const char *path, int timeout_ms, struct buf *storage,
             struct http_response *ret, struct err *err)
{
    CLEANUP(buf_done) struct buf request = buf_init(REQUEST_SIZE_MAX);
    CLEANUP(fd_closep) int fd = -1;
    int r = tcp_socket_connect(address, timeout_ms, &fd, err);

    if (r < 0)
        return r;
    buf_printf(&request, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, address);
    if (buf_status(&request) < 0)
        return err_set(err, buf_status(&request), "request to %s", address);
    if (send(fd, request.data, request.len, MSG_NOSIGNAL) != (ssize_t)request.len)
        return transfer_failed(err, "write to", address);
    r = response_read(fd, address, timeout_ms, storage, err);
    return r < 0 ? r : http_response_parse(buf_span(storage), ret, err);
}
