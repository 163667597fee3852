/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of files: access and stat, which a program may call for the path of a device before it
 * opens it.
 */
#include "emulator/process/open_files.h"
#include "emulator/interpose/interpose.h"
#include "emulator/image/libc_next.h"
#include "emulator/process/setup.h"
#include "emulator/sys.h"

int access(const char *path, int mode);
int faccessat(int dir, const char *path, int mode, int flags);
int stat(const char *path, void *buffer);
int lstat(const char *path, void *buffer);
int fstatat(int dir, const char *path, void *buffer, int flags);
int __xstat(int version, const char *path, void *buffer);
int __lxstat(int version, const char *path, void *buffer);
int __fxstatat(int version, int dir, const char *path, void *buffer, int flags);
int statx(int dir, const char *path, int flags, unsigned mask, void *buffer);

/* Where a device node does not exist, its path stands for /dev/null: a character device that
 * everybody may open. */
static const char *path_shown(const char *path)
{
    setup_once();
    if (!open_files_is_device(path) || sys_call3(__NR_access, (long)path, 0, 0) == 0)
        return path;
    return "/dev/null";
}

INTERPOSE int access(const char *path, int mode)
{
    return (int)libc_result(sys_call3(__NR_access, (long)path_shown(path), mode, 0));
}

INTERPOSE int faccessat(int dir, const char *path, int mode, int flags)
{
    const char *seen = path_shown(path);

    if (libc_next
            .faccessat) /* the library emulates the flags, which the system call does not have */
        return libc_next.faccessat(dir, seen, mode, flags);
    if (flags)
        return (int)libc_result(-EINVAL);
    return (int)libc_result(sys_call3(__NR_faccessat, dir, (long)seen, mode));
}

INTERPOSE int stat(const char *path, void *buffer)
{
    return (int)libc_result(sys_call3(__NR_stat, (long)path_shown(path), (long)buffer, 0));
}
ALIAS(stat64, stat);

INTERPOSE int lstat(const char *path, void *buffer)
{
    return (int)libc_result(sys_call3(__NR_lstat, (long)path_shown(path), (long)buffer, 0));
}
ALIAS(lstat64, lstat);

INTERPOSE int fstatat(int dir, const char *path, void *buffer, int flags)
{
    if (flags & AT_EMPTY_PATH)
        return (int)libc_result(sys_call4(__NR_newfstatat, dir, (long)path, (long)buffer, flags));
    return (int)libc_result(
        sys_call4(__NR_newfstatat, dir, (long)path_shown(path), (long)buffer, flags));
}
ALIAS(fstatat64, fstatat);

INTERPOSE int __xstat(int version, const char *path, void *buffer)
{
    (void)version;
    return stat(path, buffer);
}
ALIAS(__xstat64, __xstat);

INTERPOSE int __lxstat(int version, const char *path, void *buffer)
{
    (void)version;
    return lstat(path, buffer);
}
ALIAS(__lxstat64, __lxstat);

INTERPOSE int __fxstatat(int version, int dir, const char *path, void *buffer, int flags)
{
    (void)version;
    return fstatat(dir, path, buffer, flags);
}
ALIAS(__fxstatat64, __fxstatat);

INTERPOSE int statx(int dir, const char *path, int flags, unsigned mask, void *buffer)
{
    const char *seen = flags & AT_EMPTY_PATH ? path : path_shown(path);

    return (int)libc_result(
        sys_call6(__NR_statx, dir, (long)seen, flags, (long)mask, (long)buffer, 0));
}
