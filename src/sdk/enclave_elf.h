/* SPDX-License-Identifier: Apache-2.0 */
/* sdk/enclave_elf.h: reads the parts of an ELF file that an enclave needs; a pure function. */
#ifndef COFFER_SDK_ENCLAVE_ELF_H
#define COFFER_SDK_ENCLAVE_ELF_H

#include "sdk/image.h"

/**
 * sdk_elf_parse() - fill elf, segments, entry and tls of @image
 * Return: 0; -EBADMSG or -EFBIG as sdk_image_parse().
 */
NODISCARD int sdk_elf_parse(struct span elf, struct sdk_image *image, struct err *err);

#endif
