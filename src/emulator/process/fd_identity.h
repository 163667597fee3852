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

/** struct fd_identity - of an open file; zero is none's */
struct fd_identity {
    uint64_t device, inode;
};

/** fd_identity_read() - Return: false when @fd is not open */
bool fd_identity_read(int fd, struct fd_identity *ret);

/** fd_identity_matches() - is @fd open, and the same file */
bool fd_identity_matches(const struct fd_identity *identity, int fd);

#endif
