/* SPDX-License-Identifier: Apache-2.0 */
/* sdk/host/vdso.h: finds the kernel's function that enters an enclave. */
#ifndef COFFER_SDK_HOST_VDSO_H
#define COFFER_SDK_HOST_VDSO_H

#include "base/span.h"
#include "sgx/linux_abi.h"

/** vdso_find_enter() - __vdso_sgx_enter_enclave; NULL when the kernel does not have it */
sgx_enter_enclave_fn vdso_find_enter(void);

/**
 * vdso_find() - a symbol of an ELF image that is mapped as its program headers say
 * @base: address of the ELF header
 * Return: its address, or NULL.
 */
const void *vdso_find(const uint8_t *base, const char *name);

#endif
