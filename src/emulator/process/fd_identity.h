/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/fd_identity.h: which file a descriptor is of. Numbers alone do not tell: a
 * program may close ours unseen, by a system call of its own, and get the number again for a file
 * of its own.
 */
#ifndef COFFER_EMULATOR_PROCESS_FD_IDENTITY_H
#define COFFER_EMULATOR_PROCESS_FD_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

/** struct identity - of an open file; zero is none's */
struct identity {
    uint64_t device, inode;
};

/** identity_read() - Return: false when @fd is not open */
bool identity_read(int fd, struct identity *ret);

/** identity_is() - is @fd open, and the same file */
bool identity_is(const struct identity *identity, int fd);

enum {
    OWN_FD_FLOOR = 1000, /* our descriptors stay above what applications count on */
};

/** own_descriptor() - one more of the same file, high up and closed at exec. Return: negative errno
 *  when there is no room. */
int own_descriptor(int fd);

#endif
