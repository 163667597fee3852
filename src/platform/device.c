/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name in /dev may be a symbolic link, or lie in a directory that is one: DCAP's driver links
 * /dev/sgx/enclave to ../sgx_enclave, and udev rules of an administrator may do anything. The
 * container runtime needs the node itself.
 *
 * The walk is our own and not realpath(), because the host's /dev may be mounted elsewhere in the
 * agent's container: an absolute link on the host, "/dev/x", means ROOT/x here. The walk has two
 * texts, the components that are resolved and those that are left. A link takes the last component
 * off the first text and puts its target in front of the second. Links are counted, as the kernel
 * does, so a loop ends.
 */
#include "platform/device.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
    const char *root;
    char done[PLATFORM_PATH_SIZE]; /* components below the root, no link among them */
    char rest[PATH_MAX];           /* what is left */
    unsigned links;
};

static const char *kind_name(mode_t mode)
{
    if (S_ISREG(mode))
        return "a regular file";
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISBLK(mode))
        return "a block device";
    if (S_ISFIFO(mode))
        return "a pipe";
    if (S_ISSOCK(mode))
        return "a socket";
    return "another kind of file";
}

static void last_drop(char *path)
{
    char *slash = strrchr(path, '/');

    *(slash ? slash : path) = '\0';
}

/* Take the next component of w->rest into @part. Return: false when none is left. */
static bool part_next(struct walk *w, char part[static NAME_MAX + 1], int *ret_status)
{
    char *start = w->rest + strspn(w->rest, "/");
    size_t len = strcspn(start, "/");

    *ret_status = len > NAME_MAX ? -ENAMETOOLONG : 0;
    if (len == 0 || len > NAME_MAX)
        return false;
    memcpy(part, start, len);
    part[len] = '\0';
    memmove(w->rest, start + len, strlen(start + len) + 1);
    return true;
}

static int part_append(struct walk *w, const char *part)
{
    size_t used = strlen(w->done);
    int n = snprintf(w->done + used, sizeof(w->done) - used, "%s%s", used > 0 ? "/" : "", part);

    return n < 0 || (size_t)n >= sizeof(w->done) - used ? -ENAMETOOLONG : 0;
}

/* Put the target of the link at @path, the last component of w->done, before what is left. */
static int link_follow(struct walk *w, const char *path)
{
    char target[PATH_MAX];
    char joined[PATH_MAX];
    const char *relative = target;
    ssize_t len = readlink(path, target, sizeof(target) - 1);

    if (len < 0)
        return -errno;
    target[len] = '\0';
    if (++w->links > PLATFORM_DEVICE_LINKS_MAX)
        return -ELOOP;

    last_drop(w->done);
    if (target[0] == '/') {
        if (strncmp(target, "/dev/", 5) != 0)
            return -EXDEV;
        relative = target + 5;
        w->done[0] = '\0';
    }
    if (snprintf(joined, sizeof(joined), "%s/%s", relative, w->rest) >= (int)sizeof(joined))
        return -ENAMETOOLONG;
    memcpy(w->rest, joined, strlen(joined) + 1);
    return 0;
}

static int part_step(struct walk *w, const char *part, struct stat *ret_stat)
{
    char path[PATH_MAX];
    int r;

    if (strcmp(part, ".") == 0)
        return 0;
    if (strcmp(part, "..") == 0) {
        last_drop(w->done);
        return 0;
    }
    r = part_append(w, part);
    if (r < 0)
        return r;
    if (snprintf(path, sizeof(path), "%s/%s", w->root, w->done) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    if (lstat(path, ret_stat) < 0)
        return -errno;
    return S_ISLNK(ret_stat->st_mode) ? link_follow(w, path) : 0;
}

static int failure_explain(struct err *err, int code, const char *name)
{
    if (code == -ENOENT || code == -ENOTDIR)
        return -ENOENT;
    if (code == -ELOOP)
        return err_set(err, code, "/dev/%s: more than %d symbolic links, or a loop", name,
                       PLATFORM_DEVICE_LINKS_MAX);
    if (code == -EXDEV)
        return err_set(err, code, "/dev/%s: a symbolic link leads outside /dev", name);
    return err_set(err, code, "/dev/%s: %s", name, strerror(-code));
}

int platform_device_find(const char *root, const char *name, struct platform_device_node *ret,
                         struct err *err)
{
    struct walk w = {.root = root};
    struct stat st = {0};
    char part[NAME_MAX + 1];
    int r = 0;

    if (snprintf(w.rest, sizeof(w.rest), "%s", name) >= (int)sizeof(w.rest))
        return failure_explain(err, -ENAMETOOLONG, name);
    while (part_next(&w, part, &r)) {
        r = part_step(&w, part, &st);
        if (r < 0)
            break;
    }
    if (r < 0)
        return failure_explain(err, r, name);
    if (!S_ISCHR(st.st_mode))
        return err_set(err, -ENODEV, "/dev/%s is %s, not a character device", name,
                       kind_name(st.st_mode));

    memcpy(ret->name, w.done, sizeof(ret->name));
    ret->mode = st.st_mode;
    ret->group = st.st_gid;
    return 0;
}
