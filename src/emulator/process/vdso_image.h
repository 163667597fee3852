/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/vdso_image.h: a vDSO image that has all symbols of the kernel's and
 * __vdso_sgx_enter_enclave. Runtimes find it by AT_SYSINFO_EHDR, through the dynamic section (hash
 * table) or through section headers by name; the image serves both.
 */
#ifndef COFFER_EMULATOR_PROCESS_VDSO_IMAGE_H
#define COFFER_EMULATOR_PROCESS_VDSO_IMAGE_H

#include <stdint.h>

/** vdso_image_build() - Return: address of the image's ELF header; 0 when there is no memory.
 *  @real: the kernel's image, or 0 */
uint64_t vdso_image_build(uint64_t real);

#endif
