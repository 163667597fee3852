/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tcp_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/fd.h"

enum {
    HOST_SIZE = 64, /* bytes of a numeric host, NUL included */
    PORT_MAX = 65535,
};

/* Cuts "HOST:PORT"; the brackets of IPv6 go. */
static bool address_split(const char *text, char ret_host[static HOST_SIZE],
                          unsigned long *ret_port)
{
    const char *colon = strrchr(text, ':'), *host = text;
    size_t len = colon ? (size_t)(colon - text) : 0;
    char *end = NULL;

    if (!colon || colon[1] < '0' || colon[1] > '9')
        return false;
    *ret_port = strtoul(colon + 1, &end, 10);
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    if (*end || *ret_port > PORT_MAX || len >= HOST_SIZE)
        return false;
    memcpy(ret_host, host, len);
    ret_host[len] = 0;
    return true;
}

int tcp_socket_address_parse(const char *text, struct tcp_address *ret, struct err *err)
{
    struct tcp_address address = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address.storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address.storage;
    char host[HOST_SIZE];
    unsigned long port;

    if (!address_split(text, host, &port))
        return err_set(err, -EINVAL, "\"%s\" is not ADDRESS:PORT", text);
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        address.size = sizeof(*v4);
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        address.size = sizeof(*v6);
    } else {
        return err_set(err, -EINVAL, "\"%s\" is not a numeric address", host);
    }
    *ret = address;
    return 0;
}

static int option_set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value));
}

int tcp_socket_listen(const char *address, int buffer_size, int *ret_fd, struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    struct tcp_address a;
    int r = tcp_socket_address_parse(address, &a, err);

    if (r < 0)
        return r;
    fd = socket(a.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(err, "socket for %s", address);
    if (a.storage.ss_family == AF_INET6)
        (void)option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    (void)option_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    (void)option_set(fd, SOL_SOCKET, SO_SNDBUF, buffer_size);
    (void)option_set(fd, SOL_SOCKET, SO_RCVBUF, buffer_size);
    (void)option_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (bind(fd, (struct sockaddr *)&a.storage, a.size) < 0 || listen(fd, TCP_SOCKET_BACKLOG) < 0)
        return err_errno(err, "listen on %s", address);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

unsigned tcp_socket_port(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);

    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return address.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&address)->sin_port) : 0;
}

int tcp_socket_connect(const char *address, int timeout_ms, int *ret_fd, struct err *err)
{
    const struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    CLEANUP(fd_closep) int fd = -1;
    struct tcp_address a;
    int r = tcp_socket_address_parse(address, &a, err);

    if (r < 0)
        return r;
    fd = socket(a.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
        return err_errno(err, "socket for %s", address);
    if (connect(fd, (struct sockaddr *)&a.storage, a.size) < 0) {
        if (errno == EAGAIN || errno == EINPROGRESS) /* the wait ran out */
            errno = ETIMEDOUT;
        return err_errno(err, "connect to %s", address);
    }
    *ret_fd = TAKE_FD(fd);
    return 0;
}
