/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file is written under another name beside it, ".NAME.XXXXXX.new", and gets its own name when it
 * is complete and on disk. Between the two steps a process may be killed, and a copy of the keys
 * would stay behind. So a writer holds a lock on its temporary, which ends with the process however
 * that ends: key_file_clean() removes the temporaries that nobody has locked. It is called before a
 * file is read or written, by every process that uses it.
 *
 * A writer that is between making and locking its temporary may lose it to a cleaner. It notices by
 * the link count and begins again.
 */
#include "software/key_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/span.h"

enum {
    TRIES_MAX = 10, /* for a temporary that cleaners remove */
    CHUNK_SIZE = 4096,
    RANDOM_SIZE = 6, /* characters that mkostemps() chooses */
};

#define SUFFIX ".new"

void key_file_wipe(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->size);
    buf_done(b);
}

static int dir_of(const char *path, char ret[static PATH_SIZE], struct err *err)
{
    char copy[PATH_SIZE];

    if (snprintf(copy, sizeof(copy), "%s", path) >= PATH_SIZE)
        return err_set(err, -ENAMETOOLONG, "%s", path);
    snprintf(ret, PATH_SIZE, "%s", dirname(copy));
    return 0;
}

static bool owner_is_trusted(const struct stat *st)
{
    return st->st_uid == geteuid() || st->st_uid == 0;
}

int key_file_check_dir(const char *dir, struct err *err)
{
    struct stat st;

    if (stat(dir, &st) < 0)
        return err_errno(err, "%s", dir);
    if (!owner_is_trusted(&st))
        return err_set(
            err, -EPERM,
            "%s belongs to user %u, who could replace the keys in it: give it to user %u "
            "(chown), or name another directory",
            dir, st.st_uid, geteuid());
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX))
        return err_set(
            err, -EPERM,
            "%s has mode %04o, so other users could replace the keys in it: chmod go-w %s", dir,
            st.st_mode & 07777U, dir);
    return 0;
}

static int file_check(int fd, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_errno(err, "%s", path);
    if (!owner_is_trusted(&st))
        return err_set(err, -EPERM, "%s belongs to user %u: give it to user %u (chown)", path,
                       st.st_uid, geteuid());
    if (st.st_mode & (S_IWGRP | S_IRWXO))
        return err_set(
            err, -EPERM,
            "%s has mode %04o, so other users have its keys: chmod 0400 it (defaultMode: "
            "0400 of a Secret's volume), and make new keys if it was so for long",
            path, st.st_mode & 07777U);
    return 0;
}

static int content_read(int fd, const char *path, struct buf *into, struct err *err)
{
    uint8_t chunk[CHUNK_SIZE];
    ssize_t n;

    do {
        n = read(fd, chunk, sizeof(chunk));
        if (n > 0)
            buf_put(into, span_of(chunk, (size_t)n));
    } while ((n > 0 && buf_status(into) == 0) || (n < 0 && errno == EINTR));
    explicit_bzero(chunk, sizeof(chunk));
    if (n < 0)
        return err_errno(err, "read %s", path);
    if (n > 0 && into->len + (size_t)n > into->max)
        return err_set(err, -EMSGSIZE, "%s is larger than %zu bytes", path, into->max);
    return n > 0 ? err_set(err, buf_status(into), "read %s", path) : 0;
}

int key_file_read(const char *path, struct buf *into, struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    char dir[PATH_SIZE];
    int r = dir_of(path, dir, err);

    if (r < 0)
        return r;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, "open %s", path);
    r = key_file_check_dir(dir, err);
    if (r < 0)
        return r;
    r = file_check(fd, path, err);
    if (r < 0)
        return r;
    return content_read(fd, path, into, err);
}

/* Return: whether nobody removed the temporary before it was locked. */
static bool temporary_lock(int fd)
{
    struct stat st;

    return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0;
}

static int temporary_open(const char *path, char name[static PATH_SIZE], int *ret, struct err *err)
{
    char dir[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    int r = dir_of(path, dir, err);

    for (int i = 0; r == 0 && i < TRIES_MAX; i++) {
        CLEANUP(fd_closep) int fd = -1;

        if (snprintf(name, PATH_SIZE, "%s/.%s.XXXXXX" SUFFIX, dir, slash ? slash + 1 : path) >=
            PATH_SIZE)
            return err_set(err, -ENAMETOOLONG, "%s", path);
        fd = mkostemps(name, (int)strlen(SUFFIX), O_CLOEXEC);
        if (fd < 0)
            return err_errno(err, "create %s", name);
        if (!temporary_lock(fd))
            continue;
        *ret = TAKE_FD(fd);
        return 0;
    }
    return r < 0 ? r
                 : err_set(err, -EAGAIN, "%s: its temporary file is removed again and again", path);
}

static int content_write(int fd, const char *name, struct span content, mode_t mode,
                         struct err *err)
{
    int r = fd_write_all(fd, content);

    if (r < 0)
        return err_set(err, r, "write %s: %s", name, strerror(-r));
    if (fchmod(fd, mode) < 0 || fsync(fd) < 0) /* fchmod() does not obey the umask */
        return err_errno(err, "write %s", name);
    return 0;
}

static int dir_sync(const char *path, struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    char dir[PATH_SIZE];
    int r = dir_of(path, dir, err);

    if (r < 0)
        return r;
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? err_errno(err, "sync %s", dir) : 0;
}

static int file_write(const char *path, struct span content, mode_t mode, bool is_replacing,
                      struct err *err)
{
    CLEANUP(fd_closep) int fd = -1;
    char name[PATH_SIZE], dir[PATH_SIZE];
    int r = dir_of(path, dir, err);

    if (r < 0)
        return r;
    r = key_file_check_dir(dir, err);
    if (r < 0)
        return r;
    r = temporary_open(path, name, &fd, err);
    if (r < 0)
        return r;
    r = content_write(fd, name, content, mode, err);
    if (r == 0 && is_replacing && rename(name, path) < 0)
        r = err_errno(err, "rename %s to %s", name, path);
    if (r == 0 && !is_replacing && link(name, path) < 0 && errno != EEXIST)
        r = err_errno(err, "make %s", path);
    if (r < 0 || !is_replacing)
        unlink(name);
    return r < 0 ? r : dir_sync(path, err);
}

int key_file_create(const char *path, struct span content, mode_t mode, struct err *err)
{
    return file_write(path, content, mode, false, err);
}

int key_file_replace(const char *path, struct span content, mode_t mode, struct err *err)
{
    return file_write(path, content, mode, true, err);
}

/* ".NAME.XXXXXX.new" */
static bool name_is_temporary(struct span file, struct span name)
{
    size_t len = 1 + name.len + 1 + RANDOM_SIZE + strlen(SUFFIX);

    return file.len == len && file.data[0] == '.' &&
           span_equal(span_sub(file, 1, name.len), name) && file.data[1 + name.len] == '.' &&
           span_equal_str(span_from(file, len - strlen(SUFFIX)), SUFFIX);
}

static void temporary_remove(int dir, const char *name)
{
    CLEANUP(fd_closep) int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(dir, name, 0);
}

void key_file_clean(const char *path)
{
    const char *slash = strrchr(path, '/');
    const struct dirent *file;
    char name[PATH_SIZE];
    DIR *dir = dir_of(path, name, NULL) < 0 ? NULL : opendir(name);

    if (!dir)
        return;
    while ((file = readdir(dir)))
        if (name_is_temporary(span_str(file->d_name), span_str(slash ? slash + 1 : path)))
            temporary_remove(dirfd(dir), file->d_name);
    closedir(dir);
}
