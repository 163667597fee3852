/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/open_files.h: descriptors of the SGX devices. A descriptor of an enclave is its
 * memfd; the table remembers which, and the file's identity tells a number that was reused unseen.
 */
#ifndef COFFER_EMULATOR_PROCESS_OPEN_FILES_H
#define COFFER_EMULATOR_PROCESS_OPEN_FILES_H

#include <stdbool.h>

#include "emulator/enclave/enclave.h"

/** open_files_is_device() - is @path an SGX device or one of its aliases; @path may be any address
 */
bool open_files_is_device(const char *path);

/**
 * open_files_open() - open @path if it is ours
 * @ret_fd: the descriptor, or a negative errno
 * Return: false when it is not ours.
 */
bool open_files_open(const char *path, int flags, long *ret_fd);

/** open_files_enclave() - the enclave behind a descriptor, or NULL */
struct enclave *open_files_enclave(int fd);

bool open_files_is_provision(int fd);

/** open_files_is_own() - a descriptor of the emulator, which the program must not close */
bool open_files_is_own(int fd);

/** open_files_closed() - the program closes @fd. Return: was it a device's. */
bool open_files_closed(int fd);

/** open_files_duplicated() - @to is now the same as @from */
void open_files_duplicated(int from, int to);

#endif
