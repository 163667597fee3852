/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/interpose/interpose.h: how the functions that take a C library's place are written. They
 * are plain system calls with the emulator in front, or go on to the library's own (next.h); errno
 * is set through the library's function, found weakly, so the object has no undefined symbol that
 * must exist.
 */
#ifndef COFFER_EMULATOR_INTERPOSE_INTERPOSE_H
#define COFFER_EMULATOR_INTERPOSE_INTERPOSE_H

#include <stddef.h>
#include <stdint.h>

#define INTERPOSE __attribute__((visibility("default")))

/** ALIAS() - the same function under another of a libc's names; either may be a macro */
#define ALIAS(name, original) ALIAS_OF(name, original)
#define ALIAS_OF(name, original)                                                                   \
    INTERPOSE extern __typeof__(original) name __attribute__((alias(#original)))

extern int *__errno_location(void) __attribute__((weak));

/** libc_result() - a kernel's result as a libc gives it: -1 and errno */
static inline long libc_result(long result)
{
    if ((unsigned long)result <= -4096UL)
        return result;
    if (__errno_location)
        *__errno_location() = (int)-result;
    return -1;
}

/* the same for syscall(), where no thread is cancelled; they give the kernel's result */
long raw_openat(int dir, const char *path, int flags, unsigned mode);
long raw_close(int fd);
long raw_close_range(unsigned first, unsigned last, int flags);
long raw_fcntl(int fd, int command, long argument);

/* some of which syscall() leads to as well; variadic ones take what a caller may have left out */
int open(const char *path, int flags, unsigned mode);
int openat(int dir, const char *path, int flags, unsigned mode);
int ioctl(int fd, unsigned long command, void *argument);
int close(int fd);
int dup(int fd);
int dup2(int fd, int to);
int dup3(int fd, int to, int flags);
int fcntl(int fd, int command, long argument);
int close_range(unsigned first, unsigned last, int flags);
void *mmap(void *address, size_t size, int prot, int flags, int fd, long offset);
int mprotect(void *address, size_t size, int prot);
int munmap(void *address, size_t size);
void *mremap(void *address, size_t size, size_t new_size, int flags, void *to);

#endif
