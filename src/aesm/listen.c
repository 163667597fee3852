/* SPDX-License-Identifier: Apache-2.0 */
#include "aesm/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "net/unix_socket.h"

/* Listen beside the socket that is served, then put ours in its place: at no instant does a client
 * find no socket. */
static int over_listen(const char *path, int *ret, struct err *err)
{
    char beside[PATH_SIZE];
    int r;

    if (snprintf(beside, sizeof(beside), "%s.%d", path, (int)getpid()) >= PATH_SIZE)
        return err_set(err, -ENAMETOOLONG, "%s", path);
    r = unix_socket_listen(SOCK_STREAM, beside, AESM_LISTEN_MODE, ret, err);
    if (r < 0)
        return r;
    if (rename(beside, path) == 0)
        return 0;
    r = err_errno(err, "put the socket at %s", path);
    unlink(beside);
    *ret = fd_close(*ret);
    return r;
}

int aesm_listen_path(const char *path, bool take_over, int *ret_fd, struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    int r = take_over ? over_listen(path, &fd, err)
                      : unix_socket_listen(SOCK_STREAM, path, AESM_LISTEN_MODE, &fd, err);

    if (r < 0)
        return r;
    if (listen(fd, AESM_LISTEN_BACKLOG) < 0)
        return err_errno(err, "listen on %s", path);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int aesm_listen_abstract(int *ret_fd, struct err *err)
{
    CLEANUP(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (fd < 0)
        return err_errno(err, "socket");
    memcpy(address.sun_path + 1, AESM_LISTEN_ABSTRACT_NAME, strlen(AESM_LISTEN_ABSTRACT_NAME));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(fd, AESM_LISTEN_BACKLOG) < 0)
        return err_errno(err, "listen on the abstract socket " AESM_LISTEN_ABSTRACT_NAME);
    *ret_fd = TAKE_FD(fd);
    return 0;
}
