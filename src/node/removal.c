/* SPDX-License-Identifier: Apache-2.0 */
#include "node/removal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"
#include "net/unix_socket.h"
#include "node/container_dirs.h"

static const char socket_prefix[] = "coffer-";

/* Files of the software platform, then their directories. A foreign file keeps its directory. */
static const char *const run_files[] = {"dev/sgx_enclave", "dev/sgx_provision", "share/ledger.sock",
                                        "lib/libcoffer-sgx.so"};
static const char *const run_directories[] = {"dev", ("share/" CONTAINER_DIRS_NAME), "share",
                                              "lib"};

typedef int (*socket_fn)(const char *path, struct buf *removed, struct err *err);

/* Calls @fn for each socket of an agent in the kubelet's directory. */
static int sockets_walk(const char *dir, socket_fn fn, struct buf *removed, struct err *err)
{
    DIR *directory = opendir(dir);
    struct dirent *entry;
    char path[PATH_SIZE];
    int r = 0;

    while (r == 0 && directory && (entry = readdir(directory)))
        if (strncmp(entry->d_name, socket_prefix, strlen(socket_prefix)) == 0 &&
            snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) < (int)sizeof(path))
            r = fn(path, removed, err);
    if (directory)
        closedir(directory);
    return r;
}

static int socket_check(const char *path, struct buf *removed, struct err *err)
{
    (void)removed;
    if (!unix_socket_is_served(path))
        return 0;
    return err_set(err, -EBUSY, "an agent serves %s: end it first, or delete its DaemonSet", path);
}

static int file_remove(const char *path, struct buf *removed, struct err *err)
{
    if (unlink(path) == 0)
        buf_printf(removed, "removed %s\n", path);
    else if (errno != ENOENT && errno != ENOTDIR)
        return err_errno(err, "remove %s", path);
    return 0;
}

static int directory_remove(const char *path, struct buf *removed, struct err *err)
{
    if (rmdir(path) == 0)
        buf_printf(removed, "removed %s\n", path);
    else if (errno == EBUSY || errno == ENOTEMPTY || errno == EEXIST || errno == EROFS)
        buf_printf(removed, "kept %s: it is a mount point or holds files of others\n", path);
    else if (errno != ENOENT && errno != ENOTDIR)
        return err_errno(err, "remove %s", path);
    return 0;
}

static bool nobody_holds(void *userdata, enum resource_kind kind, uint32_t index)
{
    (void)userdata;
    (void)kind;
    (void)index;
    return false;
}

/* Removes the directories of containers: their sockets have ended with the agent. */
static void container_dirs_remove(const char *base)
{
    container_dirs_sweep(base, nobody_holds, NULL, clock_unix_s() + 2 * CONTAINER_DIRS_KEPT_S);
}

static int run_dir_remove(const char *run_dir, struct buf *removed, struct err *err)
{
    char path[PATH_SIZE];
    int r = 0;

    if (snprintf(path, sizeof(path), "%s/share", run_dir) < (int)sizeof(path))
        container_dirs_remove(path);
    for (size_t i = 0; r == 0 && i < ARRAY_COUNT(run_files); i++)
        if (snprintf(path, sizeof(path), "%s/%s", run_dir, run_files[i]) < (int)sizeof(path))
            r = file_remove(path, removed, err);
    for (size_t i = 0; r == 0 && i < ARRAY_COUNT(run_directories); i++)
        if (snprintf(path, sizeof(path), "%s/%s", run_dir, run_directories[i]) < (int)sizeof(path))
            r = directory_remove(path, removed, err);
    return r == 0 ? directory_remove(run_dir, removed, err) : r;
}

/* The quote helper may be a service of its own: a socket that is served stays. */
static int aesm_remove(const char *aesm_dir, struct buf *removed, struct err *err)
{
    char path[PATH_SIZE];

    if (snprintf(path, sizeof(path), "%s/aesm.socket", aesm_dir) >= (int)sizeof(path) ||
        unix_socket_is_served(path))
        return 0;
    container_dirs_remove(aesm_dir);
    return file_remove(path, removed, err);
}

int removal_run(const struct removal_settings *settings, struct buf *removed, struct err *err)
{
    int r = sockets_walk(settings->device_plugins_dir, socket_check, removed, err);

    if (r == 0)
        r = sockets_walk(settings->device_plugins_dir, file_remove, removed, err);
    if (r == 0)
        r = run_dir_remove(settings->run_dir, removed, err);
    return r == 0 ? aesm_remove(settings->aesm_dir, removed, err) : r;
}
