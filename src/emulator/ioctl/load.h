/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/ioctl/load.h: SGX_IOC_ENCLAVE_ADD_PAGES. */
#ifndef COFFER_EMULATOR_IOCTL_LOAD_H
#define COFFER_EMULATOR_IOCTL_LOAD_H

#include "emulator/enclave/enclave.h"

/** ioctl_add_pages() - Return: 0, or the kernel's errno with count telling how far it came */
long ioctl_add_pages(struct enclave *e, void *argument);

/** ioctl_range_check() - offset and length as every ioctl with a range wants them. Return: 0;
 * -EINVAL. */
long ioctl_range_check(const struct enclave *e, uint64_t offset, uint64_t length);

#endif
