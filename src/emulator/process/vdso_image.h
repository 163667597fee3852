/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/process/vdso_image.h: builds a vDSO image that has all symbols of the kernel's image and
 * __vdso_sgx_enter_enclave. Runtimes find an image by AT_SYSINFO_EHDR. They look symbols up in the
 * hash table of the dynamic section or find .dynsym by its section header; the image has both.
 */
#ifndef COFFER_EMULATOR_PROCESS_VDSO_IMAGE_H
#define COFFER_EMULATOR_PROCESS_VDSO_IMAGE_H

#include <stdint.h>

/** vdso_image_build() - @real: address of the kernel's image, or 0
 *  Return: address of the new image's ELF header; 0 when there is no memory. */
uint64_t vdso_image_build(uint64_t real);

#endif
