/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/ioctl/load.h: SGX_IOC_ENCLAVE_ADD_PAGES. */
#ifndef COFFER_EMULATOR_IOCTL_LOAD_H
#define COFFER_EMULATOR_IOCTL_LOAD_H

#include "emulator/enclave/enclave.h"

/** ioctl_add_pages() - Return: 0, or the kernel's negative errno with the bytes that were added in
 * count */
long ioctl_add_pages(struct enclave *e, void *argument);

/** ioctl_range_check() - are offset and length whole pages within the enclave, and is length not 0;
 * every ioctl with a range demands it. Return: 0; -EINVAL. */
long ioctl_range_check(const struct enclave *e, uint64_t offset, uint64_t length);

#endif
