#include "platform/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/fd.h"
#include "platform/sysfs.h"
#include "platform/text.h"

enum {
    ANSWER_SIZE_MAX = 4096, /* bytes of an HTTP answer that are looked at */
    PORT_MAX = 65535,
};

/* Deadlines of connect, send and receive alike; each wait gets the whole time. */
static int open_socket(int family, int timeout_ms)
{
    struct timeval wait = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0) {
        int r = -errno;

        fd_close(fd);
        return r;
    }
    return fd;
}

static int code_of_errno(void)
{
    return errno == EAGAIN || errno == EINPROGRESS ? -ETIMEDOUT : -errno;
}

int probe_unix(const char *path, int timeout_ms)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    CLEANUP(fd_closep) int fd = -1;
    struct stat st;

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    if (stat(path, &st) < 0)
        return -errno;
    if (!S_ISSOCK(st.st_mode))
        return -ENOTSOCK;
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = open_socket(AF_UNIX, timeout_ms);
    if (fd < 0)
        return fd;
    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? code_of_errno()
                                                                               : 0;
}

static int parse_address(const char *text, struct sockaddr_in *ret)
{
    char host[INET_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    uint64_t port;

    if (!colon || (size_t)(colon - text) >= sizeof(host) ||
        sysfs_parse_u64(span_str(colon + 1), &port) < 0 || port == 0 || port > PORT_MAX)
        return -EINVAL;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    *ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, host, &ret->sin_addr) == 1 ? 0 : -EINVAL;
}

static int exchange(int fd, const char *request, int timeout_ms, char *answer, size_t size,
                    size_t *ret_len)
{
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    size_t len = 0;
    ssize_t sent;

    sent = send(fd, request, strlen(request), MSG_NOSIGNAL);
    if (sent != (ssize_t)strlen(request))
        return sent < 0 ? code_of_errno() : -EIO;
    while (len < size) {
        ssize_t n = recv(fd, answer + len, size - len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return code_of_errno();
        if (n == 0)
            break;
        len += (size_t)n;
        if (clock_monotonic_ms() > end_ms)
            return -ETIMEDOUT;
    }
    *ret_len = len;
    return 0;
}

/* One line of what a stranger says, fit for a terminal. */
static void copy_text(struct span text, char *ret, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len && len + 2 < size; i++) {
        uint8_t c = text.data[i];

        if (c == '\n')
            ret[len++] = ';';
        ret[len++] = c == '\n' ? ' ' : c < 0x20 || c > 0x7e ? '?' : (char)c;
    }
    ret[len] = '\0';
}

/* "HTTP/1.1 503 ...", headers, an empty line, the body. */
static int parse_answer(struct span answer, int *ret_status, char *body, size_t size)
{
    struct span head = text_trim(text_split(&answer, '\n'));
    struct span version = text_split(&head, ' ');
    struct span status = text_split(&head, ' ');
    uint64_t code;

    if (!span_starts_with(version, span_str("HTTP/1.")) || sysfs_parse_u64(status, &code) < 0 ||
        code > 999)
        return -EBADMSG;
    while (answer.len > 0 && text_trim(text_split(&answer, '\n')).len > 0)
        ;
    copy_text(text_trim(answer), body, size);
    *ret_status = (int)code;
    return 0;
}

int probe_http(const char *address, const char *path, int timeout_ms, int *ret_status, char *body,
               size_t size)
{
    CLEANUP(fd_closep) int fd = -1;
    struct sockaddr_in to;
    char answer[ANSWER_SIZE_MAX];
    char request[512];
    size_t len = 0;
    int r = parse_address(address, &to);

    if (r < 0)
        return r;
    if (snprintf(request, sizeof(request),
                 "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path,
                 address) >= (int)sizeof(request))
        return -EINVAL;
    fd = open_socket(AF_INET, timeout_ms);
    if (fd < 0)
        return fd;
    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
        return code_of_errno();
    r = exchange(fd, request, timeout_ms, answer, sizeof(answer), &len);
    return r < 0 ? r : parse_answer(span_of(answer, len), ret_status, body, size);
}
