/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/open_files.h: the program's descriptors of the SGX devices. A descriptor of
 * /dev/sgx_enclave is a descriptor of the enclave's memfd. A table tells which enclave, and the
 * identity of the file tells when a number was reused without the emulator's knowledge.
 */
#ifndef COFFER_EMULATOR_PROCESS_OPEN_FILES_H
#define COFFER_EMULATOR_PROCESS_OPEN_FILES_H

#include <stdbool.h>

#include "emulator/enclave/enclave.h"

/** open_files_is_device() - is @path an SGX device or one of its aliases; @path may be an invalid
 *  address */
bool open_files_is_device(const char *path);

/**
 * open_files_open() - open @path if it is an SGX device or /proc/self/auxv
 * @ret_fd: the descriptor, or a negative errno
 * Return: false, with @ret_fd untouched, for any other path.
 */
bool open_files_open(const char *path, int flags, long *ret_fd);

/** open_files_enclave() - the enclave that @fd is a descriptor of, or NULL */
struct enclave *open_files_enclave(int fd);

/** open_files_is_provision() - is @fd a descriptor of /dev/sgx_provision */
bool open_files_is_provision(int fd);

/** open_files_is_own() - is @fd a descriptor of the emulator, which the program must not close */
bool open_files_is_own(int fd);

/** open_files_closed() - the program is about to close @fd. Return: was it a descriptor of a
 * device. */
bool open_files_closed(int fd);

/** open_files_duplicated() - @to is a duplicate of @from now */
void open_files_duplicated(int from, int to);

#endif
