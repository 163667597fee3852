/* SPDX-License-Identifier: Apache-2.0 */
#include "base/transport.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t plain_result(struct transport *t, ssize_t n, bool is_write)
{
    if (n >= 0)
        return n;
    t->wants_write = is_write;
    return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

static ssize_t plain_read(struct transport *t, uint8_t *to, size_t size)
{
    return plain_result(t, recv(t->fd, to, size, 0), false);
}

/* sendmsg() and not writev(): a peer that has gone must not be a SIGPIPE. */
static ssize_t plain_write(struct transport *t, const struct iovec *pieces, int count)
{
    const struct msghdr message = {
        .msg_iov = (struct iovec *)(uintptr_t)pieces,
        .msg_iovlen = (size_t)count,
    };

    return plain_result(t, sendmsg(t->fd, &message, MSG_NOSIGNAL), true);
}

static void plain_end(struct transport *t)
{
    (void)shutdown(t->fd, SHUT_WR);
}

static void plain_close(struct transport *t)
{
    (void)close(t->fd);
    free(t);
}

static const struct transport_ops plain_ops = {
    .read = plain_read,
    .write = plain_write,
    .end = plain_end,
    .close = plain_close,
};

int transport_plain_accept(void *context, int fd, struct transport **ret, struct err *err)
{
    struct transport *t = calloc(1, sizeof(*t));

    (void)context;
    if (!t)
        return err_set(err, -ENOMEM, "connection");
    t->ops = &plain_ops;
    t->fd = fd;
    *ret = t;
    return 0;
}
