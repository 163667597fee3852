/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event of the watched directory only says that something changed. The answer is a scan: every
 * socket whose directory is not the same file any more is closed, and every directory without a
 * socket gets one. So a lost event costs nothing but time, and a directory that was removed and
 * made again under its old name is noticed by its inode.
 *
 * A new socket is bound under another name and renamed. rename() replaces the socket of an older
 * process in one step; clients that it had accepted already stay with it.
 *
 * inotify has few instances for a user (fs.inotify.max_user_instances), and busy nodes use them
 * up. Without one the directory is scanned every second.
 */
#include "net/socket_dirs.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "net/unix_socket.h"

enum {
    DIRECTORY_MODE = 0755,
    EVENTS_SIZE = 4096, /* bytes of inotify events that are read at once, and ignored */
};

struct entry {
    struct entry *next;
    struct socket_dirs *dirs;
    struct loop_watch *watch;
    ino_t inode; /* of the subdirectory */
    int fd;
    char name[SOCKET_DIRS_NAME_SIZE];
};

struct socket_dirs {
    struct loop *loop;
    struct socket_dirs_options options;
    const struct socket_dirs_ops *ops;
    void *userdata;
    struct entry *entries;
    unsigned count;
    struct loop_watch *watch;
    struct loop_timer *poll; /* NULL with inotify */
    int inotify;
    bool is_full_told;
    bool is_paused;
};

PRINTF_LIKE(3, 4)
static void trouble_tell(const struct socket_dirs *d, int code, const char *format, ...)
{
    char text[ERR_TEXT_SIZE];
    struct err err = {0};
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err_set(&err, code, "%s", text);
    d->ops->trouble(d->userdata, &err);
}

static void on_connection(void *userdata)
{
    struct entry *e = userdata;

    e->dirs->ops->connection(e->dirs->userdata, e->fd, e->name);
}

static void entry_free(struct entry *e)
{
    loop_watch_free(e->watch);
    fd_close(e->fd);
    free(e);
}

/* Return: whether the subdirectory is still the one that the socket was made in. */
static bool entry_is_current(const struct entry *e)
{
    char path[PATH_SIZE];
    struct stat st;

    return path_join(e->dirs->options.dir, e->name, path, NULL) == 0 && lstat(path, &st) == 0 &&
           S_ISDIR(st.st_mode) && st.st_ino == e->inode;
}

static void entries_sweep(struct socket_dirs *d)
{
    for (struct entry **at = &d->entries; *at;) {
        struct entry *e = *at;

        if (entry_is_current(e)) {
            at = &e->next;
            continue;
        }
        *at = e->next;
        d->count--;
        entry_free(e);
    }
}

static bool entry_exists(const struct socket_dirs *d, const char *name)
{
    for (const struct entry *e = d->entries; e; e = e->next)
        if (strcmp(e->name, name) == 0)
            return true;
    return false;
}

static int socket_open(const struct socket_dirs *d, const char *dir, int *ret, struct err *err)
{
    char path[PATH_SIZE], beside[PATH_SIZE], name[SOCKET_DIRS_NAME_SIZE];
    int r = path_join(dir, d->options.file, path, err);

    if (r < 0)
        return r;
    snprintf(name, sizeof(name), ".%d", (int)getpid());
    r = path_join(dir, name, beside, err);
    if (r < 0)
        return r;
    r = unix_socket_listen(d->options.type, beside, d->options.mode, ret, err);
    if (r < 0)
        return r;
    if (listen(*ret, d->options.backlog) == 0 && rename(beside, path) == 0)
        return 0;
    r = err_errno(err, "put the socket at %s", path);
    unlink(beside);
    *ret = fd_close(*ret);
    return r;
}

static int entry_fill(struct socket_dirs *d, struct entry *e, struct err *err)
{
    char path[PATH_SIZE];
    struct stat st;
    int r = path_join(d->options.dir, e->name, path, err);

    if (r < 0)
        return r;
    if (lstat(path, &st) < 0)
        return err_errno(err, "%s", path);
    e->inode = st.st_ino;
    r = socket_open(d, path, &e->fd, err);
    if (r < 0)
        return r;
    return loop_watch_fd(d->loop, e->fd, on_connection, e, &e->watch, err);
}

static void entry_add(struct socket_dirs *d, const char *name)
{
    struct entry *e = calloc(1, sizeof(*e));
    struct err err = {0};

    if (!e) {
        trouble_tell(d, -ENOMEM, "no memory for the socket of %s/%s", d->options.dir, name);
        return;
    }
    e->dirs = d;
    e->fd = -1;
    memcpy(e->name, name, strlen(name) + 1);
    if (entry_fill(d, e, &err) < 0) {
        trouble_tell(d, err.code, "no socket in %s/%s: %s", d->options.dir, name, err.text);
        entry_free(e);
        return;
    }
    if (d->is_paused)
        (void)!loop_watch_want(e->watch, LOOP_NOTHING);
    e->next = d->entries;
    d->entries = e;
    d->count++;
}

static bool name_is_wanted(const struct dirent *file)
{
    return file->d_name[0] != '.' && strlen(file->d_name) < SOCKET_DIRS_NAME_SIZE &&
           (file->d_type == DT_DIR || file->d_type == DT_UNKNOWN);
}

static void entries_find(struct socket_dirs *d)
{
    const struct dirent *file;
    DIR *dir = opendir(d->options.dir);

    if (!dir)
        return;
    while ((file = readdir(dir))) {
        if (!name_is_wanted(file) || entry_exists(d, file->d_name))
            continue;
        if (d->count < SOCKET_DIRS_MAX) {
            entry_add(d, file->d_name);
            continue;
        }
        if (!d->is_full_told)
            trouble_tell(d, -E2BIG, "more than %d directories in %s: the others get no socket",
                         SOCKET_DIRS_MAX, d->options.dir);
        d->is_full_told = true;
    }
    closedir(dir);
}

void socket_dirs_scan(struct socket_dirs *d)
{
    entries_sweep(d);
    entries_find(d);
}

static void on_event(void *userdata)
{
    struct socket_dirs *d = userdata;
    char events[EVENTS_SIZE] __attribute__((aligned(__alignof__(struct inotify_event))));

    if (read(d->inotify, events, sizeof(events)) > 0)
        socket_dirs_scan(d);
}

static void on_poll(void *userdata)
{
    struct socket_dirs *d = userdata;

    socket_dirs_scan(d);
    loop_timer_arm(d->poll, SOCKET_DIRS_POLL_MS);
}

static int inotify_open(const char *dir)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    if (fd >= 0 && inotify_add_watch(fd, dir, IN_CREATE | IN_DELETE | IN_MOVE | IN_ONLYDIR) < 0)
        fd = fd_close(fd);
    return fd;
}

static int changes_watch(struct socket_dirs *d, struct err *err)
{
    int r;

    d->inotify = d->options.no_inotify ? -1 : inotify_open(d->options.dir);
    if (d->inotify >= 0)
        return loop_watch_fd(d->loop, d->inotify, on_event, d, &d->watch, err);
    trouble_tell(d, -EMFILE,
                 "no inotify for %s: it is looked at every %d ms; raise the sysctls "
                 "fs.inotify.max_user_instances and fs.inotify.max_user_watches",
                 d->options.dir, SOCKET_DIRS_POLL_MS);
    r = loop_timer_new(d->loop, on_poll, d, &d->poll, err);
    if (r == 0)
        loop_timer_arm(d->poll, SOCKET_DIRS_POLL_MS);
    return r;
}

int socket_dirs_new(struct loop *loop, const struct socket_dirs_options *options,
                    const struct socket_dirs_ops *ops, void *userdata, struct socket_dirs **ret,
                    struct err *err)
{
    CLEANUP(socket_dirs_freep) struct socket_dirs *d = calloc(1, sizeof(*d));
    int r;

    if (!d)
        return err_set(err, -ENOMEM, "sockets of containers");
    d->loop = loop;
    d->options = *options;
    d->ops = ops;
    d->userdata = userdata;
    d->inotify = -1;
    r = fd_make_dirs(options->dir, DIRECTORY_MODE, err);
    if (r < 0)
        return r;
    r = changes_watch(d, err);
    if (r < 0)
        return r;
    socket_dirs_scan(d);
    *ret = TAKE_PTR(d);
    return 0;
}

void socket_dirs_free(struct socket_dirs *d)
{
    struct entry *e;

    if (!d)
        return;
    while ((e = d->entries)) {
        d->entries = e->next;
        entry_free(e);
    }
    loop_watch_free(d->watch);
    loop_timer_free(d->poll);
    fd_close(d->inotify);
    free(d);
}

void socket_dirs_freep(struct socket_dirs **d)
{
    socket_dirs_free(*d);
}

void socket_dirs_visit(struct socket_dirs *d)
{
    for (struct entry *e = d->entries; e; e = e->next)
        d->ops->connection(d->userdata, e->fd, e->name);
}

void socket_dirs_accept(struct socket_dirs *d, bool is_accepting)
{
    d->is_paused = !is_accepting;
    for (struct entry *e = d->entries; e; e = e->next)
        (void)!loop_watch_want(e->watch, is_accepting ? LOOP_READ : LOOP_NOTHING);
}

unsigned socket_dirs_count(const struct socket_dirs *d)
{
    return d->count;
}
