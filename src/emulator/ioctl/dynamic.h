/* SPDX-License-Identifier: Apache-2.0 */
/* emulator/ioctl/dynamic.h: the three ioctls of SGX2. */
#ifndef COFFER_EMULATOR_IOCTL_DYNAMIC_H
#define COFFER_EMULATOR_IOCTL_DYNAMIC_H

#include "emulator/enclave/enclave.h"

long ioctl_restrict_permissions(struct enclave *e, void *argument);
long ioctl_modify_types(struct enclave *e, void *argument);
long ioctl_remove_pages(struct enclave *e, void *argument);

#endif
