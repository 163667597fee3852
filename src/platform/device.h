/* SPDX-License-Identifier: Apache-2.0 */
/* platform/device.h: which node a name in /dev leads to, without opening anything. */
#ifndef COFFER_PLATFORM_DEVICE_H
#define COFFER_PLATFORM_DEVICE_H

#include <sys/types.h>

#include "base/err.h"
#include "platform/platform.h"

enum {
    PLATFORM_DEVICE_LINKS_MAX = 16, /* symlinks followed before it is a loop */
};

/** struct platform_device_node - the character device that a name leads to */
struct platform_device_node {
    char name[PLATFORM_PATH_SIZE]; /* below /dev, every symlink resolved: "sgx/enclave" */
    mode_t mode;
    gid_t group;
};

/**
 * platform_device_find() - resolve @name below @root
 *
 * A link with an absolute target is taken as the host sees it: "/dev/x" is @root/x, anything
 * outside /dev is refused. ".." stops at the root.
 *
 * Return: 0 when it ends at a character device; -ENOENT; -ENODEV when it is something else (a
 * container runtime refuses it: "not a device node"); -ELOOP; -EXDEV when a link leaves /dev;
 * -ENAMETOOLONG; another errno of lstat. All but -ENOENT with a sentence.
 */
NODISCARD int platform_device_find(const char *root, const char *name,
                                   struct platform_device_node *ret, struct err *err);

#endif
