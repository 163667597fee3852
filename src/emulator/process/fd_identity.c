/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/process/fd_identity.h"

#include <linux/stat.h>

#include "emulator/sys.h"

bool fd_identity_read(int fd, struct fd_identity *ret)
{
    struct statx x;

    if (sys_call6(__NR_statx, fd, (long)"", AT_EMPTY_PATH, STATX_INO, (long)&x, 0) < 0)
        return false;
    ret->device = (uint64_t)x.stx_dev_major << 32 | x.stx_dev_minor;
    ret->inode = x.stx_ino;
    return true;
}

bool fd_identity_matches(const struct fd_identity *identity, int fd)
{
    struct fd_identity now;

    return fd_identity_read(fd, &now) && now.device == identity->device &&
           now.inode == identity->inode;
}
