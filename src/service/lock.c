/* SPDX-License-Identifier: Apache-2.0 */
#include "service/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>

#include "base/fd.h"
#include "base/path.h"

enum {
    PAUSE_MS = 20,
    NS_PER_MS = 1000000,
    FILE_MODE = 0600,
};

static int lock_open(const struct service_lock_options *o, int *ret, struct err *err)
{
    char file[NAME_MAX], path[PATH_SIZE];
    int r;

    snprintf(file, sizeof(file), "%s.lock", o->name);
    r = path_join(o->dir, file, path, err);
    if (r < 0)
        return r;
    *ret = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    return *ret < 0 ? err_errno(err, "%s", path) : 0;
}

/* Return: 0; -EBUSY after @wait_ms; another errno. */
static int lock_await(int fd, int wait_ms)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * NS_PER_MS};

    for (int waited_ms = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited_ms += PAUSE_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -errno;
        if (waited_ms >= wait_ms)
            return -EBUSY;
        nanosleep(&pause, NULL);
    }
    return 0;
}

int service_lock_take(const struct service_lock_options *o, int *ret_fd, struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    int r = lock_open(o, &fd, err);

    if (r < 0)
        return r;
    if (!o->is_take_over)
        r = lock_await(fd, o->wait_ms);
    else if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        r = flock(fd, LOCK_SH) < 0 ? -errno : 0;
    if (r == -EBUSY)
        return err_set(err, r, "another %s works on %s (--take-over replaces it)", o->name, o->dir);
    if (r < 0)
        return err_set(err, r, "lock %s/%s.lock", o->dir, o->name);
    *ret_fd = TAKE_FD(fd);
    return 0;
}

int service_lock_share(int fd, struct err *err)
{
    return flock(fd, LOCK_SH) < 0 ? err_errno(err, "share the lock of the state directory") : 0;
}
