/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/image/libc_next.h: the C library's own functions, for those of them that this library
 * replaces. Calls that do not concern SGX are passed on to them, because they are cancellation
 * points and because a C library may keep records of its own in them.
 */
#ifndef COFFER_EMULATOR_IMAGE_LIBC_NEXT_H
#define COFFER_EMULATOR_IMAGE_LIBC_NEXT_H

/** struct libc_next - the definitions of the next object after this library, as RTLD_NEXT means it.
 *  NULL when no object defines the function or the linker's list cannot be found; the caller then
 *  makes the system call itself. */
struct libc_next {
    int (*openat)(int dir, const char *path, int flags, ...);
    int (*close)(int fd);
    int (*fcntl)(int fd, int command, ...);
    int (*faccessat)(int dir, const char *path, int mode, int flags);
};

extern struct libc_next libc_next;

/** libc_next_setup() - find the functions; called once, while no library is loaded or unloaded */
void libc_next_setup(void);

#endif
