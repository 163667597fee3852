/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/probe.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/fd.h"
#include "net/http/get.h"
#include "base/text.h"

enum {
    ANSWER_SIZE_MAX = 64 * 1024, /* bytes of an HTTP answer */
};

/* The deadline is for connect, for each send and for each receive. */
static int socket_open(int family, int timeout_ms)
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

static int errno_code(void)
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
    fd = socket_open(AF_UNIX, timeout_ms);
    if (fd < 0)
        return fd;
    return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? errno_code() : 0;
}

/* Makes one printable line of the text of another program. */
static void text_copy(struct span text, char *ret, size_t size)
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

int probe_http(const char *address, const char *path, int timeout_ms, int *ret_status, char *body,
               size_t size)
{
    CLEANUP(buf_done) struct buf storage = buf_init(ANSWER_SIZE_MAX);
    struct http_response answer;
    int r = http_get(address, path, timeout_ms, &storage, &answer, NULL);

    if (r < 0)
        return r;
    text_copy(text_trim(answer.body), body, size);
    *ret_status = (int)answer.status;
    return 0;
}
