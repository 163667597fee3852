/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/ioctl/device.h: the ioctls of /dev/sgx_enclave (Linux arch/x86/kernel/cpu/sgx/ioctl.c),
 * with the kernel's checks in the kernel's order.
 */
#ifndef COFFER_EMULATOR_IOCTL_DEVICE_H
#define COFFER_EMULATOR_IOCTL_DEVICE_H

#include "emulator/enclave/enclave.h"

enum {
    IOCTL_TYPE = 0xa4, /* bits 8 to 15 of every command */
};

/** ioctl_run() - @argument: any address, which may be invalid
 *  Return: 0; a negative errno: -ENOTTY for an unknown command, -EBUSY while another ioctl of the
 * same enclave runs. */
long ioctl_run(struct enclave *e, uint32_t command, void *argument);

#endif
