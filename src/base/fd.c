/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd_write_file() is how all state is kept. A crash, a full disk or a kill -9 at any instant leaves
 * the old file or the new one: the content goes to a temporary file in the same directory, fsync()
 * brings it to the disk before rename() makes it visible, and fsync() of the directory makes the
 * name last. The temporary's name ends with random characters, so two processes that write the same
 * file do not meet; the last rename wins, whole.
 *
 * fd_read_file() reads until the end instead of asking for the size, because the files of /proc and
 * /sys have size zero and pipes have none. Its buffer's ceiling is the limit: when the buffer is
 * full, one more byte is read to tell "full" from "too large".
 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_CHUNK = 64 * 1024, /* bytes asked of read() at a time */
};

void fd_closep(int *fd)
{
    *fd = fd_close(*fd);
}

int fd_close(int fd)
{
    int saved = errno;

    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

/* One read into the buffer. Return: bytes read, 0 at the end, -errno. */
static ssize_t chunk_read(int fd, struct buf *into)
{
    size_t room = into->max - into->len;
    uint8_t probe;
    uint8_t *to;
    ssize_t n;

    if (room == 0) {
        n = read(fd, &probe, 1);
        return n > 0 ? -EMSGSIZE : n < 0 ? -errno : 0;
    }
    to = buf_reserve(into, MIN(room, (size_t)READ_CHUNK));
    if (!to)
        return into->status;
    n = read(fd, to, MIN(room, (size_t)READ_CHUNK));
    if (n < 0)
        return -errno;
    into->len += (size_t)n;
    return n;
}

int fd_read_file(const char *path, struct buf *into, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    CLEANUP(fd_closep) int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return err_errno(err, "open %s", path);
    do
        n = chunk_read(fd, into);
    while (n > 0 || n == -EINTR);
    if (n == -EMSGSIZE)
        return err_set(err, -EMSGSIZE, "%s is larger than %zu bytes", path, into->max);
    if (n < 0)
        return err_set(err, (int)n, "read %s: %s", path, strerror((int)-n));
    return 0;
}

int fd_write_all(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes = span_from(bytes, (size_t)n);
    }
    return 0;
}

static int directory_sync(const char *path)
{
    const char *slash = strrchr(path, '/');
    char name[4096];
    CLEANUP(fd_closep) int fd = -1;
    int len = slash ? (int)(slash - path) : 0;

    if (len >= (int)sizeof(name))
        return -ENAMETOOLONG;
    snprintf(name, sizeof(name), "%.*s", len, path);
    fd = open(!slash ? "." : len ? name : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int temporary_fill(const char *name, int fd, struct span content, mode_t mode,
                          struct err *err)
{
    int r = fd_write_all(fd, content);

    if (r < 0)
        return err_set(err, r, "write %s: %s", name, strerror(-r));
    if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
        return err_errno(err, "write %s", name);
    return 0;
}

int fd_write_file(const char *path, struct span content, mode_t mode, struct err *err)
{
    char name[4096];
    CLEANUP(fd_closep) int fd = -1;
    int r;

    if (snprintf(name, sizeof(name), "%s.XXXXXX", path) >= (int)sizeof(name))
        return err_set(err, -ENAMETOOLONG, "write %.64s...: name too long", path);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, "create %s", name);
    r = temporary_fill(name, fd, content, mode, err);
    if (r == 0 && rename(name, path) < 0)
        r = err_errno(err, "rename %s to %s", name, path);
    if (r < 0) {
        unlink(name);
        return r;
    }
    r = directory_sync(path);
    return r < 0 ? err_set(err, r, "sync the directory of %s: %s", path, strerror(-r)) : 0;
}

int fd_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int fd_make_dirs(const char *path, mode_t mode, struct err *err)
{
    char name[4096];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(name))
        return err_set(err, len ? -ENAMETOOLONG : -EINVAL, "make directory: bad name");
    memcpy(name, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (name[i] != '/' && name[i] != 0)
            continue;
        name[i] = 0;
        if (mkdir(name, mode) < 0 && errno != EEXIST)
            return err_errno(err, "make directory %s", name);
        name[i] = path[i];
    }
    return 0;
}
