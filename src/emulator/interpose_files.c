#include "base/macros.h"
#include "emulator/device.h"
#include "emulator/files.h"
#include "emulator/interpose.h"
#include "emulator/setup.h"
#include "emulator/sys.h"

enum {
    DUPLICATE = 0, /* F_DUPFD */
    DUPLICATE_CLOEXEC = 1030,
    RANGE_UNSHARE = 2, /* close_range: flags */
    RANGE_CLOEXEC = 4,
    AT_EMPTY = 0x1000,
};

int __open_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int access(const char *path, int mode);
int faccessat(int dir, const char *path, int mode, int flags);
int stat(const char *path, void *buffer);
int lstat(const char *path, void *buffer);
int fstatat(int dir, const char *path, void *buffer, int flags);
int __xstat(int version, const char *path, void *buffer);
int __lxstat(int version, const char *path, void *buffer);
int __fxstatat(int version, int dir, const char *path, void *buffer, int flags);
int statx(int dir, const char *path, int flags, unsigned mask, void *buffer);

static long open_any(int dir, const char *path, int flags, unsigned mode)
{
    long fd;

    setup_once();
    if (file_open(path, flags, &fd))
        return fd;
    return sys_call4(__NR_openat, dir, (long)path, flags, (long)mode);
}

INTERPOSE int open(const char *path, int flags, unsigned mode)
{
    return (int)libc_result(open_any(AT_FDCWD, path, flags, mode));
}
ALIAS(open64, open);

INTERPOSE int openat(int dir, const char *path, int flags, unsigned mode)
{
    return (int)libc_result(open_any(dir, path, flags, mode));
}
ALIAS(openat64, openat);

INTERPOSE int __open_2(const char *path, int flags)
{
    return (int)libc_result(open_any(AT_FDCWD, path, flags, 0));
}
ALIAS(__open64_2, __open_2);

INTERPOSE int __openat_2(int dir, const char *path, int flags)
{
    return (int)libc_result(open_any(dir, path, flags, 0));
}
ALIAS(__openat64_2, __openat_2);

INTERPOSE int ioctl(int fd, unsigned long command, void *argument)
{
    struct enclave *e = NULL;

    setup_once();
    if ((command >> 8 & 0xff) == DEVICE_IOCTL_TYPE)
        e = file_enclave(fd);
    if (e)
        return (int)libc_result(device_ioctl(e, (uint32_t)command, argument));
    return (int)libc_result(sys_call3(__NR_ioctl, fd, (long)command, (long)argument));
}

INTERPOSE int close(int fd)
{
    long r;

    if (file_is_own(fd))
        return (int)libc_result(-EBADF);
    file_closed(fd);
    r = sys_close(fd);
    return (int)libc_result(r);
}

static int duplicated(int from, long to)
{
    if (to >= 0)
        file_duplicated(from, (int)to);
    return (int)libc_result(to);
}

INTERPOSE int dup(int fd)
{
    return duplicated(fd, sys_call3(__NR_dup, fd, 0, 0));
}

INTERPOSE int dup2(int fd, int to)
{
    return duplicated(fd, file_is_own(to) ? -EBADF : sys_call3(__NR_dup2, fd, to, 0));
}

INTERPOSE int dup3(int fd, int to, int flags)
{
    return duplicated(fd, file_is_own(to) ? -EBADF : sys_call3(__NR_dup3, fd, to, flags));
}

INTERPOSE int fcntl(int fd, int command, long argument)
{
    long r = sys_call3(__NR_fcntl, fd, command, argument);

    if (command == DUPLICATE || command == DUPLICATE_CLOEXEC)
        return duplicated(fd, r);
    return (int)libc_result(r);
}
ALIAS(fcntl64, fcntl);

/* One call for each stretch between descriptors of our own. */
INTERPOSE int close_range(unsigned first, unsigned last, int flags)
{
    unsigned top = last < 65536 ? last : 65535;
    unsigned start = first;
    long r = 0;

    for (unsigned fd = first; fd <= top && !(flags & RANGE_CLOEXEC); fd++) {
        if (!file_is_own((int)fd)) {
            file_closed((int)fd);
            continue;
        }
        if (fd > start)
            r = sys_call3(__NR_close_range, (long)start, (long)fd - 1, flags);
        start = fd + 1;
    }
    if (r >= 0 && start <= last)
        r = sys_call3(__NR_close_range, (long)start, (long)last, flags);
    return (int)libc_result(r);
}

/* Where no device node exists, a program that looks before it opens sees /dev/null's: a character
 * device that anybody may open. */
static const char *shown(const char *path)
{
    setup_once();
    if (!file_is_device(path) || sys_call3(__NR_access, (long)path, 0, 0) == 0)
        return path;
    return "/dev/null";
}

INTERPOSE int access(const char *path, int mode)
{
    return (int)libc_result(sys_call3(__NR_access, (long)shown(path), mode, 0));
}

INTERPOSE int faccessat(int dir, const char *path, int mode, int flags)
{
    long r = -ENOSYS;

#ifdef __NR_faccessat2
    r = sys_call4(__NR_faccessat2, dir, (long)shown(path), mode, flags);
#endif
    if (r == -ENOSYS)
        r = sys_call3(__NR_faccessat, dir, (long)shown(path), mode);
    return (int)libc_result(r);
}

INTERPOSE int stat(const char *path, void *buffer)
{
    return (int)libc_result(sys_call3(__NR_stat, (long)shown(path), (long)buffer, 0));
}
ALIAS(stat64, stat);

INTERPOSE int lstat(const char *path, void *buffer)
{
    return (int)libc_result(sys_call3(__NR_lstat, (long)shown(path), (long)buffer, 0));
}
ALIAS(lstat64, lstat);

INTERPOSE int fstatat(int dir, const char *path, void *buffer, int flags)
{
    if (flags & AT_EMPTY)
        return (int)libc_result(sys_call4(__NR_newfstatat, dir, (long)path, (long)buffer, flags));
    return (int)libc_result(
        sys_call4(__NR_newfstatat, dir, (long)shown(path), (long)buffer, flags));
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
    const char *seen = flags & AT_EMPTY ? path : shown(path);

    return (int)libc_result(
        sys_call6(__NR_statx, dir, (long)seen, flags, (long)mask, (long)buffer, 0));
}
