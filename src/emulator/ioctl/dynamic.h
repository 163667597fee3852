/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/ioctl/dynamic.h: the three ioctls of SGX2. Each returns 0 or the kernel's negative
 * errno, and tells in count how many bytes it has done, and in result the code of the leaf that
 * stopped it.
 */
#ifndef COFFER_EMULATOR_IOCTL_DYNAMIC_H
#define COFFER_EMULATOR_IOCTL_DYNAMIC_H

#include "emulator/enclave/enclave.h"

long ioctl_restrict_permissions(struct enclave *e, void *argument);
long ioctl_modify_types(struct enclave *e, void *argument);
long ioctl_remove_pages(struct enclave *e, void *argument);

#endif
