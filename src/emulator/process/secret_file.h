/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/process/secret_file.h: reads the node secret (software/secret.h) without a C library. */
#ifndef COFFER_EMULATOR_PROCESS_SECRET_FILE_H
#define COFFER_EMULATOR_PROCESS_SECRET_FILE_H

#include "sgx/keys.h"

/** secret_file_read() - @dir: the directory of the file; NULL: its place in a container
 *  Return: false when there is no readable file with a correct checksum. */
bool secret_file_read(const char *dir, struct sgx_platform *ret);

#endif
