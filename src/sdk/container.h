/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sdk/container.h: a signed enclave in one file: the unchanged ELF, followed by a trailer
 *     settings 128 | SIGSTRUCT 1808 | "COFFER-ENCLAVE-1"
 * ELF tools ignore bytes after the ELF's last section, so objdump and gdb still open the file. Only
 * SIGSTRUCT is signed; settings that differ from the measured ones give a different MRENCLAVE, and
 * EINIT refuses it.
 */
#ifndef COFFER_SDK_CONTAINER_H
#define COFFER_SDK_CONTAINER_H

#include "base/err.h"
#include "base/span.h"
#include "sdk/settings.h"

enum {
    SDK_MAGIC_SIZE = 16,
    SDK_TRAILER_SIZE = SDK_SETTINGS_SIZE + SGX_SIGSTRUCT_SIZE + SDK_MAGIC_SIZE, /* bytes */
};

/** struct sdk_container - borrowed views of the file */
struct sdk_container {
    struct span elf;
    struct sdk_settings settings;
    struct span sigstruct; /* SGX_SIGSTRUCT_SIZE bytes; not verified */
};

/** sdk_container_is() - does @file end with the magic of a signed enclave */
bool sdk_container_is(struct span file);

/** sdk_container_parse() - Return: 0; -EBADMSG when @file is not a signed enclave or is
 *  truncated. */
NODISCARD int sdk_container_parse(struct span file, struct sdk_container *ret, struct err *err);

/** sdk_container_trailer() - the bytes that follow the ELF */
void sdk_container_trailer(const struct sdk_settings *settings,
                           const uint8_t sigstruct[static SGX_SIGSTRUCT_SIZE],
                           uint8_t ret[static SDK_TRAILER_SIZE]);

#endif
