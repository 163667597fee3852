/* SPDX-License-Identifier: Apache-2.0 */
/* platform/hardware.h: the hardware backend: one look at the machine. */
#ifndef COFFER_PLATFORM_HARDWARE_H
#define COFFER_PLATFORM_HARDWARE_H

#include "platform/platform.h"

/** struct platform_hardware - where to look; strings are borrowed and none is NULL */
struct platform_hardware {
    const char *sys;
    const char *dev;
    const char *dev_host;
    const char *proc;
    struct platform_cpu cpu; /* read once: it does not change while the machine runs */
};

/** platform_hardware_discover() - fill a zeroed snapshot; absence is not an error but a problem in
 * it */
void platform_hardware_discover(const struct platform_hardware *h, struct platform_info *ret);

#endif
