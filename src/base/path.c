/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int path_join(const char *dir, const char *name, char ret_path[static PATH_SIZE], struct err *err)
{
    size_t dir_len = strlen(dir), name_len = strlen(name);

    if (dir_len >= PATH_SIZE || name_len >= PATH_SIZE - 1 - dir_len)
        return err_set(err, -ENAMETOOLONG, "%.64s.../%.64s: a path has at most %d bytes", dir, name,
                       PATH_SIZE - 1);
    memmove(ret_path, dir, dir_len);
    ret_path[dir_len] = '/';
    memcpy(ret_path + dir_len + 1, name, name_len + 1);
    return 0;
}

int path_of_self(char ret_dir[static PATH_SIZE], struct err *err)
{
    char self[PATH_SIZE];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self));
    const char *slash;

    if (len < 0)
        return err_errno(err, "read /proc/self/exe");
    slash = memrchr(self, '/', (size_t)len);
    if (!slash || len == PATH_SIZE)
        return err_set(err, -ENAMETOOLONG, "/proc/self/exe is no absolute path below %d bytes",
                       PATH_SIZE);
    memcpy(ret_dir, self, (size_t)(slash - self));
    ret_dir[slash - self] = '\0';
    return 0;
}
