/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/ioctl/device.h: the ioctls of /dev/sgx_enclave (Linux arch/x86/kernel/cpu/sgx/ioctl.c),
 * with the kernel's checks in the kernel's order. Every pointer in an argument is the program's and
 * may be anything.
 */
#ifndef COFFER_EMULATOR_IOCTL_DEVICE_H
#define COFFER_EMULATOR_IOCTL_DEVICE_H

#include "emulator/enclave/enclave.h"

enum {
    IOCTL_TYPE = 0xa4, /* bits 8 to 15 of every command */
};

/** ioctl_run() - Return: 0; a negative errno, -ENOTTY for a command that is not known */
long ioctl_run(struct enclave *e, uint32_t command, void *argument);

#endif
