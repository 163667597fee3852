/* SPDX-License-Identifier: Apache-2.0 */
/* sdk/host/vdso.h: the kernel's way into an enclave. */
#ifndef COFFER_SDK_HOST_VDSO_H
#define COFFER_SDK_HOST_VDSO_H

#include "base/span.h"
#include "sgx/linux_abi.h"

/** vdso_find_enter() - __vdso_sgx_enter_enclave, or NULL on a kernel without */
sgx_enter_enclave_fn vdso_find_enter(void);

/**
 * vdso_find() - a symbol of an ELF image that is mapped as its program headers say
 * @base: address of the ELF header
 * Return: its address, or NULL.
 */
const void *vdso_find(const uint8_t *base, const char *name);

#endif
