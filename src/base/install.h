/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/install.h: where the other files of this build of Coffer are: helper programs, enclaves and
 * libcoffer-sgx.so. Every command asks here, so all of them agree.
 */
#ifndef COFFER_BASE_INSTALL_H
#define COFFER_BASE_INSTALL_H

#include "base/path.h"

/**
 * install_find() - the path of @name, a regular file that belongs to this build
 *
 * Looked for in this order: beside the running executable (an image, the build tree), in the build
 * tree's directory of the report enclave, in libexec/coffer and lib/coffer of the tree that
 * the executable is installed in, wherever that tree was moved to, and at last in those
 * directories of the prefix that the build was configured with.
 *
 * Return: 0; -ENOENT with a sentence that names the directories; -ENAMETOOLONG.
 */
NODISCARD int install_find(const char *name, char ret_path[static PATH_SIZE], struct err *err);

/** install_find_from() - the same for an executable in @self_dir; for tests */
NODISCARD int install_find_from(const char *self_dir, const char *name,
                                char ret_path[static PATH_SIZE], struct err *err);

#endif
