/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors: open, close, dup, fcntl, ioctl. A call that does not concern an SGX device goes to
 * the C library's own function where POSIX has a cancellation point or the library does more than
 * the system call; otherwise the system call is made here.
 */
#include "base/macros.h"
#include "emulator/ioctl/device.h"
#include "emulator/process/open_files.h"
#include "emulator/interpose/interpose.h"
#include "emulator/image/libc_next.h"
#include "emulator/process/setup.h"
#include "emulator/sys.h"

enum {
    RANGE_CLOEXEC = 4,     /* close_range: a flag */
    LIMIT_DESCRIPTORS = 7, /* RLIMIT_NOFILE */
};

int __open_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
void closefrom(int first);

long raw_openat(int dir, const char *path, int flags, unsigned mode)
{
    long fd;

    setup_once();
    if (open_files_open(path, flags, &fd))
        return fd;
    return sys_call4(__NR_openat, dir, (long)path, flags, (long)mode);
}

INTERPOSE int openat(int dir, const char *path, int flags, unsigned mode)
{
    long fd;

    setup_once();
    if (open_files_open(path, flags, &fd))
        return (int)libc_result(fd);
    if (libc_next.openat)
        return libc_next.openat(dir, path, flags, mode);
    return (int)libc_result(raw_openat(dir, path, flags, mode));
}
ALIAS(openat64, openat);

INTERPOSE int open(const char *path, int flags, unsigned mode)
{
    return openat(AT_FDCWD, path, flags, mode);
}
ALIAS(open64, open);

INTERPOSE int __open_2(const char *path, int flags)
{
    return openat(AT_FDCWD, path, flags, 0);
}
ALIAS(__open64_2, __open_2);

INTERPOSE int __openat_2(int dir, const char *path, int flags)
{
    return openat(dir, path, flags, 0);
}
ALIAS(__openat64_2, __openat_2);

INTERPOSE int ioctl(int fd, unsigned long command, void *argument)
{
    struct enclave *e = NULL;

    setup_once();
    if ((command >> 8 & 0xff) == IOCTL_TYPE)
        e = open_files_enclave(fd);
    if (e)
        return (int)libc_result(ioctl_run(e, (uint32_t)command, argument));
    return (int)libc_result(sys_call3(__NR_ioctl, fd, (long)command, (long)argument));
}

long raw_close(int fd)
{
    if (open_files_is_own(fd))
        return -EBADF;
    (void)open_files_closed(fd);
    return sys_close(fd);
}

/* A descriptor of a device is closed by a system call: a thread that is cancelled in close() must
 * not have closed it in the table only. */
INTERPOSE int close(int fd)
{
    if (open_files_is_own(fd))
        return (int)libc_result(-EBADF);
    if (open_files_closed(fd) || !libc_next.close)
        return (int)libc_result(sys_close(fd));
    return libc_next.close(fd);
}

static int duplicate_result(int from, long to)
{
    if (to >= 0)
        open_files_duplicated(from, (int)to);
    return (int)libc_result(to);
}

INTERPOSE int dup(int fd)
{
    return duplicate_result(fd, sys_call3(__NR_dup, fd, 0, 0));
}

INTERPOSE int dup2(int fd, int to)
{
    return duplicate_result(fd, open_files_is_own(to) ? -EBADF : sys_call3(__NR_dup2, fd, to, 0));
}

INTERPOSE int dup3(int fd, int to, int flags)
{
    return duplicate_result(fd,
                            open_files_is_own(to) ? -EBADF : sys_call3(__NR_dup3, fd, to, flags));
}

static void duplicate_note(int fd, int command, long result)
{
    if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && result >= 0)
        open_files_duplicated(fd, (int)result);
}

long raw_fcntl(int fd, int command, long argument)
{
    long r = sys_call3(__NR_fcntl, fd, command, argument);

    duplicate_note(fd, command, r);
    return r;
}

INTERPOSE int fcntl(int fd, int command, long argument)
{
    int r;

    if (!libc_next.fcntl)
        return (int)libc_result(raw_fcntl(fd, command, argument));
    r = libc_next.fcntl(fd, command, argument);
    duplicate_note(fd, command, r);
    return r;
}
ALIAS(fcntl64, fcntl);

/* Close the descriptors between those of the emulator, with one call for each stretch. */
static long range_close(unsigned first, unsigned last, int flags)
{
    unsigned top = last < 65536 ? last : 65535;
    unsigned start = first;
    long r = 0;

    for (unsigned fd = first; fd <= top && !(flags & RANGE_CLOEXEC); fd++) {
        if (!open_files_is_own((int)fd)) {
            (void)open_files_closed((int)fd);
            continue;
        }
        if (fd > start)
            r = sys_call3(__NR_close_range, (long)start, (long)fd - 1, flags);
        start = fd + 1;
    }
    if (r >= 0 && start <= last)
        r = sys_call3(__NR_close_range, (long)start, (long)last, flags);
    return r;
}

/* The kernel checks the flags first, in a call that closes nothing. When it refuses them, or does
 * not have this system call, every descriptor stays as it is. */
long raw_close_range(unsigned first, unsigned last, int flags)
{
    long r = sys_call3(__NR_close_range, (long)UINT32_MAX, (long)UINT32_MAX, flags);

    if (r < 0)
        return r;
    return first > last ? -EINVAL : range_close(first, last, flags);
}

INTERPOSE int close_range(unsigned first, unsigned last, int flags)
{
    return (int)libc_result(raw_close_range(first, last, flags));
}

/* The C library's closefrom() would close the emulator's descriptors: it calls close_range() by an
 * internal name, which cannot be replaced. */
INTERPOSE void closefrom(int first)
{
    unsigned fd = first > 0 ? (unsigned)first : 0;
    uint64_t limit[2] = {0};

    if (raw_close_range(fd, UINT32_MAX, 0) == 0)
        return;
    (void)sys_call4(__NR_prlimit64, 0, LIMIT_DESCRIPTORS, 0, (long)limit);
    for (; fd < limit[0] && fd <= INT32_MAX; fd++)
        (void)raw_close((int)fd);
}
