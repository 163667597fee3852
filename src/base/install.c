/* SPDX-License-Identifier: Apache-2.0 */
#include "base/install.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* Below the prefix, from the build's configuration: "bin", "libexec/coffer",
 * "lib/x86_64-linux-gnu/coffer". An absolute one was chosen outside the prefix and does not move.
 */
static const char *const places[] = {COFFER_LIBEXECDIR, COFFER_LIBDIR};

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool dir_search(const char *dir, const char *name, char ret_path[static PATH_SIZE])
{
    char path[PATH_SIZE];

    if (path_join(dir, name, path, NULL) < 0 || !is_file(path))
        return false;
    memcpy(ret_path, path, strlen(path) + 1);
    return true;
}

static bool place_search(const char *dir, const char *place, const char *name,
                         char ret_path[static PATH_SIZE])
{
    char path[PATH_SIZE];

    if (place[0] == '/')
        return dir_search(place, name, ret_path);
    return path_join(dir, place, path, NULL) == 0 && dir_search(path, name, ret_path);
}

/* Cuts "/@place" off the end of @dir, which leaves the prefix of an installed tree. */
static bool place_cut(char dir[static PATH_SIZE], const char *place)
{
    size_t dir_len = strlen(dir), len = strlen(place);

    if (dir_len <= len || dir[dir_len - len - 1] != '/' || strcmp(dir + dir_len - len, place) != 0)
        return false;
    dir[dir_len - len - 1] = '\0';
    return true;
}

static bool prefix_search(const char *prefix, const char *name, char ret_path[static PATH_SIZE])
{
    for (size_t i = 0; i < ARRAY_COUNT(places); i++)
        if (place_search(prefix, places[i], name, ret_path))
            return true;
    return false;
}

int install_find_from(const char *self_dir, const char *name, char ret_path[static PATH_SIZE],
                      struct err *err)
{
    char prefix[PATH_SIZE];

    if (strlen(self_dir) >= PATH_SIZE)
        return err_set(err, -ENAMETOOLONG, "%.64s...: the directory's name is too long", self_dir);
    if (dir_search(self_dir, name, ret_path) ||
        place_search(self_dir, "examples/report", name, ret_path))
        return 0;
    memcpy(prefix, self_dir, strlen(self_dir) + 1);
    if ((place_cut(prefix, COFFER_BINDIR) || place_cut(prefix, COFFER_LIBEXECDIR)) &&
        prefix_search(prefix, name, ret_path))
        return 0;
    if (prefix_search(COFFER_PREFIX, name, ret_path))
        return 0;
    return err_set(err, -ENOENT, "%s is not installed: it is neither in %s nor in %s or %s of %s",
                   name, self_dir, COFFER_LIBEXECDIR, COFFER_LIBDIR, COFFER_PREFIX);
}

int install_find(const char *name, char ret_path[static PATH_SIZE], struct err *err)
{
    char self_dir[PATH_SIZE];
    int r = path_of_self(self_dir, err);

    return r < 0 ? r : install_find_from(self_dir, name, ret_path, err);
}
