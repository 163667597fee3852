/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http/get.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

enum {
    READ_SIZE = 16 * 1024,   /* bytes asked of one read */
    REQUEST_SIZE_MAX = 1024, /* bytes */
};

int http_address_split(const char *address, char ret_host[static 64], unsigned *ret_port,
                       struct err *err)
{
    const char *host = address, *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : 0;
    char *end = NULL;
    unsigned long number = colon ? strtoul(colon + 1, &end, 10) : 0;
    struct in6_addr any;

    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    if (!colon || !colon[1] || *end || number > 65535 || len >= 64)
        return err_set(err, -EINVAL, "\"%s\" is not ADDRESS:PORT", address);
    memcpy(ret_host, host, len);
    ret_host[len] = 0;
    if (inet_pton(AF_INET, ret_host, &any) != 1 && inet_pton(AF_INET6, ret_host, &any) != 1)
        return err_set(err, -EINVAL, "\"%s\" is not a numeric address", ret_host);
    *ret_port = (unsigned)number;
    return 0;
}

static socklen_t address_fill(const char *host, unsigned port, struct sockaddr_storage *ret)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

    memset(ret, 0, sizeof(*ret));
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        return sizeof(*v4);
    }
    (void)inet_pton(AF_INET6, host, &v6->sin6_addr);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
    return sizeof(*v6);
}

/* A wait that ran out says so; errno is EAGAIN or EINPROGRESS then. */
static int failed(struct err *err, const char *what, const char *address)
{
    if (errno == EAGAIN || errno == EINPROGRESS)
        errno = ETIMEDOUT;
    return err_errno(err, "%s %s", what, address);
}

static int connect_to(const char *address, int timeout_ms, struct err *err)
{
    struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    CLEANUP(fd_closep) int fd = -1;
    struct sockaddr_storage storage;
    char host[64];
    unsigned port;
    socklen_t len;
    int r = http_address_split(address, host, &port, err);

    if (r < 0)
        return r;
    len = address_fill(host, port, &storage);
    fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
        connect(fd, (struct sockaddr *)&storage, len) < 0)
        return failed(err, "connect to", address);
    return TAKE_FD(fd);
}

/* Reads up to the end, however slowly the peer sends, no longer than @timeout_ms. */
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
            return failed(err, "read from", address);
        if (n == 0)
            return 0;
        storage->len += (size_t)n;
        if (clock_monotonic_ms() > end_ms)
            return err_set(err, -ETIMEDOUT, "read from %s: takes too long", address);
    }
}

int http_get(const char *address, const char *path, int timeout_ms, struct buf *storage,
             struct http_response *ret, struct err *err)
{
    CLEANUP(fd_closep) int fd = connect_to(address, timeout_ms, err);
    CLEANUP(buf_done) struct buf request = buf_init(REQUEST_SIZE_MAX);
    int r;

    if (fd < 0)
        return fd;
    buf_printf(&request, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, address);
    if (buf_status(&request) < 0)
        return err_set(err, buf_status(&request), "request to %s", address);
    if (send(fd, request.data, request.len, MSG_NOSIGNAL) != (ssize_t)request.len)
        return failed(err, "write to", address);
    r = response_read(fd, address, timeout_ms, storage, err);
    return r < 0 ? r : http_response_parse(buf_span(storage), ret, err);
}
