/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/sys.h: raw system calls. The library is loaded beside any C library and runs in signal
 * handlers with any FS base, so it calls no C library. Results are the kernel's: a value or a
 * negative errno.
 */
#ifndef COFFER_EMULATOR_SYS_H
#define COFFER_EMULATOR_SYS_H

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline long sys_call6(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long sys_call3(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long sys_call4(long number, long a, long b, long c, long d)
{
    return sys_call6(number, a, b, c, d, 0, 0);
}

static inline bool sys_failed(long result)
{
    return (unsigned long)result > -4096UL;
}

static inline long sys_mmap(uint64_t address, uint64_t size, int prot, int flags, int fd,
                            uint64_t offset)
{
    return sys_call6(__NR_mmap, (long)address, (long)size, prot, flags, fd, (long)offset);
}

/** sys_map_memory() - zeroed memory that costs nothing before it is used; @flags: MAP_PRIVATE or
 *  MAP_SHARED. Return: its address; NULL when the kernel refuses. */
static inline void *sys_map_memory(uint64_t size, int flags)
{
    long at =
        sys_mmap(0, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);

    return sys_failed(at) ? NULL : (void *)at;
}

/** sys_map_wiped() - private memory that is zero in the child of a fork, whatever the parent has
 *  written; NULL when the kernel refuses */
static inline void *sys_map_wiped(uint64_t size)
{
    void *at = sys_map_memory(size, MAP_PRIVATE);

    if (at)
        (void)sys_call3(__NR_madvise, (long)at, (long)size, MADV_WIPEONFORK);
    return at;
}

static inline long sys_mprotect(uint64_t address, uint64_t size, int prot)
{
    return sys_call3(__NR_mprotect, (long)address, (long)size, prot);
}

static inline long sys_munmap(uint64_t address, uint64_t size)
{
    return sys_call3(__NR_munmap, (long)address, (long)size, 0);
}

static inline long sys_openat(const char *path, int flags)
{
    return sys_call4(__NR_openat, AT_FDCWD, (long)path, flags, 0);
}

static inline long sys_close(int fd)
{
    return sys_call3(__NR_close, fd, 0, 0);
}

enum {
    SYS_OWN_FD_FLOOR = 1000, /* descriptors of the emulator stay above what applications use */
};

/** sys_dup_high() - duplicate @fd to a number at SYS_OWN_FD_FLOOR or above, or to any number above
 *  the standard three when the limit of descriptors is lower; closed at exec */
static inline long sys_dup_high(int fd)
{
    long own = sys_call3(__NR_fcntl, fd, F_DUPFD_CLOEXEC, SYS_OWN_FD_FLOOR);

    return own >= 0 ? own : sys_call3(__NR_fcntl, fd, F_DUPFD_CLOEXEC, 3);
}

static inline long sys_pwrite(int fd, const void *from, uint64_t size, uint64_t offset)
{
    return sys_call4(__NR_pwrite64, fd, (long)from, (long)size, (long)offset);
}

static inline long sys_read(int fd, void *to, uint64_t size)
{
    return sys_call3(__NR_read, fd, (long)to, (long)size);
}

static inline int sys_gettid(void)
{
    return (int)sys_call3(__NR_gettid, 0, 0, 0);
}

static inline int sys_getpid(void)
{
    return (int)sys_call3(__NR_getpid, 0, 0, 0);
}

/** sys_tgkill() - send a signal to a thread of this process; signal 0 only asks whether it exists
 */
static inline long sys_tgkill(int tid, int signo)
{
    return sys_call3(__NR_tgkill, sys_getpid(), tid, signo);
}

static inline void sys_yield(void)
{
    (void)sys_call3(__NR_sched_yield, 0, 0, 0);
}

#endif
