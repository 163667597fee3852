/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/process/secret_file.h: the node secret (software/secret.h), read without a libc. */
#ifndef COFFER_EMULATOR_PROCESS_SECRET_FILE_H
#define COFFER_EMULATOR_PROCESS_SECRET_FILE_H

#include "sgx/keys.h"

/** secret_file_read() - @dir NULL: where a container has it. Return: false when there is none that
 *  is whole and readable. */
bool secret_file_read(const char *dir, struct sgx_platform *ret);

#endif
