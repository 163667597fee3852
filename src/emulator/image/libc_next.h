/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/image/libc_next.h: the functions of the C library that ours stand in front of. What is
 * not ours goes on to them: they are where a thread can be cancelled, and where a library keeps its
 * own books.
 */
#ifndef COFFER_EMULATOR_IMAGE_LIBC_NEXT_H
#define COFFER_EMULATOR_IMAGE_LIBC_NEXT_H

/** struct libc_next - as the next object behind us defines them; NULL where none does, and in a
 * program that the dynamic linker tells nothing about: then the plain system call has to do */
struct libc_next {
    int (*openat)(int dir, const char *path, int flags, ...);
    int (*close)(int fd);
    int (*fcntl)(int fd, int command, ...);
    int (*faccessat)(int dir, const char *path, int mode, int flags);
};

extern struct libc_next libc_next;

/** libc_next_setup() - look them up, once, while no library is loaded or unloaded */
void libc_next_setup(void);

#endif
