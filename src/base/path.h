/* SPDX-License-Identifier: Apache-2.0 */
/* base/path.h: names of files, put together in storage of the caller. */
#ifndef COFFER_BASE_PATH_H
#define COFFER_BASE_PATH_H

#include "base/err.h"

enum {
    PATH_SIZE = 4096, /* bytes, NUL included: Linux' PATH_MAX */
};

/**
 * path_join() - "@dir/@name"
 * @ret_path: may be @dir itself
 * Return: 0; -ENAMETOOLONG when it does not fit, and @ret_path is untouched.
 */
NODISCARD int path_join(const char *dir, const char *name, char ret_path[static PATH_SIZE],
                        struct err *err);

/** path_of_self() - the directory of the running executable. Return: 0; -errno of /proc/self/exe */
NODISCARD int path_of_self(char ret_dir[static PATH_SIZE], struct err *err);

#endif
