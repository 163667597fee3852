/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names are derived and not drawn: an agent that starts again needs no memory of what it made, and
 * a device that goes from one container to the next takes its directory along. The containers of a
 * pod may share devices, one after the other: an init container's devices are given to the pod's
 * other containers, and the kubelet allocates for all of them before the first starts. Therefore a
 * directory is never removed because a new one has the same index, only because nothing has held
 * the device for an hour.
 */
#include "node/container_dirs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

enum {
    DIRECTORY_MODE = 0755,
    MODE_BITS = 07777,
    NAME_SIZE = 64,
};

static const char *const kind_names[] = {
    [RESOURCE_EPC] = "epc",
    [RESOURCE_ENCLAVE] = "enclave",
    [RESOURCE_PROVISION] = "provision",
};

static int top_make(const char *base, char ret_top[static PATH_SIZE], mode_t *ret_mode,
                    struct err *err)
{
    struct stat st;
    int r = path_join(base, CONTAINER_DIRS_NAME, ret_top, err);

    if (r < 0)
        return r;
    r = fd_make_dirs(ret_top, DIRECTORY_MODE, err);
    if (r < 0)
        return r;
    if (stat(ret_top, &st) < 0)
        return err_errno(err, "%s", ret_top);
    *ret_mode = st.st_mode & MODE_BITS;
    return 0;
}

int container_dirs_make(const char *base, enum resource_kind kind, uint32_t index, uint64_t limit,
                        char ret_path[static PATH_SIZE], struct err *err)
{
    char top[PATH_SIZE], path[PATH_SIZE], name[NAME_SIZE];
    mode_t mode = 0;
    int r = top_make(base, top, &mode, err);

    if (r < 0)
        return r;
    snprintf(name, sizeof(name), "%s-%" PRIu32 ".%" PRIu64, kind_names[kind], index, limit);
    r = path_join(top, name, path, err);
    if (r < 0)
        return r;
    if (mkdir(path, DIRECTORY_MODE) < 0) {
        if (errno != EEXIST)
            return err_errno(err, "make %s", path);
    } else if (chmod(path, mode) < 0) { /* mkdir() obeys the umask */
        return err_errno(err, "chmod %s", path);
    }
    memcpy(ret_path, path, strlen(path) + 1);
    return 0;
}

static bool name_parse(const char *name, enum resource_kind *ret_kind, uint32_t *ret_index)
{
    for (size_t kind = RESOURCE_EPC; kind < ARRAY_COUNT(kind_names); kind++) {
        size_t len = strlen(kind_names[kind]);
        char *end = NULL;
        unsigned long index;

        if (strncmp(name, kind_names[kind], len) != 0 || name[len] != '-')
            continue;
        index = strtoul(name + len + 1, &end, 10);
        if (*end != '.' || end == name + len + 1 || index > UINT32_MAX)
            return false;
        *ret_kind = (enum resource_kind)kind;
        *ret_index = (uint32_t)index;
        return true;
    }
    return false;
}

/* Sockets are all that is in it; a directory with anything else stays. */
static void directory_remove(int top, const char *name)
{
    int fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const struct dirent *file;
    struct stat st;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir) {
        fd_close(fd);
        return;
    }
    while ((file = readdir(dir)))
        if (fstatat(fd, file->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode))
            unlinkat(fd, file->d_name, 0);
    closedir(dir);
    unlinkat(top, name, AT_REMOVEDIR);
}

void container_dirs_sweep(const char *base, container_dirs_fn is_held, void *userdata,
                          int64_t now_s)
{
    char top[PATH_SIZE];
    const struct dirent *file;
    DIR *dir = path_join(base, CONTAINER_DIRS_NAME, top, NULL) < 0 ? NULL : opendir(top);

    if (!dir)
        return;
    while ((file = readdir(dir))) {
        enum resource_kind kind;
        uint32_t index;
        struct stat st;

        if (!name_parse(file->d_name, &kind, &index) || is_held(userdata, kind, index) ||
            fstatat(dirfd(dir), file->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
            st.st_mtim.tv_sec + CONTAINER_DIRS_KEPT_S > now_s)
            continue;
        directory_remove(dirfd(dir), file->d_name);
    }
    closedir(dir);
}
