/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A socket file outlives the process that made it, and bind() refuses a path that exists. So
 * unix_socket_listen() connects first: a socket on which nobody listens is a leftover and is
 * removed, a served one is somebody else's and is kept.
 */
#include "net/unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

static int address_fill(const char *path, struct sockaddr_un *ret, struct err *err)
{
    size_t len = strlen(path);

    if (len > UNIX_SOCKET_PATH_MAX)
        return err_set(err, -ENAMETOOLONG, "%s: a socket path holds at most %d bytes", path,
                       UNIX_SOCKET_PATH_MAX);
    memset(ret, 0, sizeof(*ret));
    ret->sun_family = AF_UNIX;
    memcpy(ret->sun_path, path, len);
    return 0;
}

/* A socket, and the address that @path stands for. */
static int socket_make(int type, const char *path, struct sockaddr_un *ret_address, int *ret_fd,
                       struct err *err)
{
    int r = address_fill(path, ret_address, err);

    if (r < 0)
        return r;
    *ret_fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *ret_fd < 0 ? err_errno(err, "socket") : 0;
}

static int stale_remove(int type, const char *path, struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    struct stat st;
    int r;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_errno(err, "%s", path);
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, -EEXIST,
                       "%s exists and is not a socket; remove it or choose another path", path);
    r = unix_socket_connect(type, path, &fd, NULL);
    if (r == 0 || r == -EAGAIN)
        return err_set(err, -EADDRINUSE, "%s is served by another process", path);
    if (unlink(path) < 0 && errno != ENOENT)
        return err_errno(err, "%s", path);
    return 0;
}

int unix_socket_listen(int type, const char *path, mode_t mode, int *ret_fd, struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    struct sockaddr_un address;
    int r = socket_make(type, path, &address, &fd, err);

    if (r == 0)
        r = stale_remove(type, path, err);
    if (r < 0)
        return r;
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return err_errno(err, "bind %s", path);
    if (chmod(path, mode) < 0 || listen(fd, UNIX_SOCKET_BACKLOG) < 0) {
        r = err_errno(err, "listen on %s", address.sun_path);
        (void)unlink(path);
        return r;
    }
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int unix_socket_connect(int type, const char *path, int *ret_fd, struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    struct sockaddr_un address;
    int r = socket_make(type, path, &address, &fd, err);

    if (r < 0)
        return r;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return err_errno(err, "connect to %s", path);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

bool unix_socket_is_served(const char *path)
{
    int fd = -1;
    int r = unix_socket_connect(SOCK_STREAM, path, &fd, NULL);

    fd_close(fd);
    return r == 0 || r == -EAGAIN;
}
