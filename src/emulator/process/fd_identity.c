/* SPDX-License-Identifier: Apache-2.0 */
#include "emulator/process/fd_identity.h"

#include <linux/stat.h>

#include "emulator/sys.h"

enum {
    FD_DUP_CLOEXEC = 1030,
    AT_EMPTY = 0x1000, /* AT_EMPTY_PATH */
};

bool identity_read(int fd, struct identity *ret)
{
    struct statx x;

    if (sys_call6(__NR_statx, fd, (long)"", AT_EMPTY, STATX_INO, (long)&x, 0) < 0)
        return false;
    ret->device = (uint64_t)x.stx_dev_major << 32 | x.stx_dev_minor;
    ret->inode = x.stx_ino;
    return true;
}

bool identity_is(const struct identity *identity, int fd)
{
    struct identity now;

    return identity_read(fd, &now) && now.device == identity->device &&
           now.inode == identity->inode;
}

int own_descriptor(int fd)
{
    long own = sys_call3(__NR_fcntl, fd, FD_DUP_CLOEXEC, OWN_FD_FLOOR);

    return (int)(own >= 0 ? own : sys_call3(__NR_fcntl, fd, FD_DUP_CLOEXEC, 3));
}
