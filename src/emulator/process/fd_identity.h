/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/fd_identity.h: the file that a descriptor refers to. The number of a descriptor
 * is not enough to recognise one of the emulator's: the program may close it with a system call
 * that the emulator does not see, and get the same number for another file.
 */
#ifndef COFFER_EMULATOR_PROCESS_FD_IDENTITY_H
#define COFFER_EMULATOR_PROCESS_FD_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

/** struct fd_identity - names an open file; no file has zero for both */
struct fd_identity {
    uint64_t device, inode;
};

/** fd_identity_read() - Return: false when @fd is not open */
bool fd_identity_read(int fd, struct fd_identity *ret);

/** fd_identity_matches() - is @fd open, and does it refer to this file */
bool fd_identity_matches(const struct fd_identity *identity, int fd);

#endif
