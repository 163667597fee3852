/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/interpose/interpose.h: definitions for the functions that replace those of the C
 * library. Each gives the call to the emulator when it concerns SGX; otherwise it makes the system
 * call or calls the C library's own function (image/libc_next.h). errno is set through a weak
 * reference to the library's function, so this object loads in a program without it.
 */
#ifndef COFFER_EMULATOR_INTERPOSE_INTERPOSE_H
#define COFFER_EMULATOR_INTERPOSE_INTERPOSE_H

#include <stddef.h>
#include <stdint.h>

#define INTERPOSE __attribute__((visibility("default")))

/** ALIAS() - the same function under another name of the C library; either name may be a macro */
#define ALIAS(name, original) ALIAS_OF(name, original)
#define ALIAS_OF(name, original)                                                                   \
    INTERPOSE extern __typeof__(original) name __attribute__((alias(#original)))

extern int *__errno_location(void) __attribute__((weak));

/** libc_result() - turn the kernel's result into a C library's: a value, or -1 and errno */
static inline long libc_result(long result)
{
    if ((unsigned long)result <= -4096UL)
        return result;
    if (__errno_location)
        *__errno_location() = (int)-result;
    return -1;
}

/* The same calls for syscall(), which is not a cancellation point. Return: the kernel's result. */
long raw_openat(int dir, const char *path, int flags, unsigned mode);
long raw_close(int fd);
long raw_close_range(unsigned first, unsigned last, int flags);
long raw_fcntl(int fd, int command, long argument);

/* Functions that syscall() calls too. Those that are variadic in the C library take every argument
 * here; one that the caller has left out is not used. */
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
