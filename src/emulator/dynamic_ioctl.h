/* emulator/dynamic_ioctl.h: the three ioctls of SGX2. */
#ifndef COFFER_EMULATOR_DYNAMIC_IOCTL_H
#define COFFER_EMULATOR_DYNAMIC_IOCTL_H

#include "emulator/enclave.h"

long ioctl_restrict_permissions(struct enclave *e, void *argument);
long ioctl_modify_types(struct enclave *e, void *argument);
long ioctl_remove_pages(struct enclave *e, void *argument);

#endif
