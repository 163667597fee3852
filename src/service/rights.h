/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/rights.h: what a service asks of the kernel for itself: as many descriptors as it may
 * have, and no right that it does not need. All of it works for any user and in any container;
 * what a container's runtime has dropped before stays dropped.
 */
#ifndef COFFER_SERVICE_RIGHTS_H
#define COFFER_SERVICE_RIGHTS_H

#include <stdint.h>

#include "base/err.h"

enum {
    SERVICE_RIGHTS_UMASK = 022, /* what a service makes has the mode that it names */
};

/** SERVICE_RIGHT() - one capability (CAP_... of linux/capability.h) as a bit of a set */
#define SERVICE_RIGHT(capability) (UINT64_C(1) << (capability))

/**
 * service_rights_raise_files() - raise the limit of open descriptors to what the system allows
 * @wanted:   descriptors of clients
 * @reserved: descriptors for everything else
 * Return: how many clients fit, at least 1 and at most @wanted
 */
unsigned service_rights_raise_files(unsigned wanted, unsigned reserved);

/**
 * service_rights_hide_memory() - no core file, and no process of the same user may attach: a
 * service that holds keys calls it before it reads them. Sets SERVICE_RIGHTS_UMASK too: whatever
 * umask the service was started with, its directories have the modes that it means them to have.
 */
NODISCARD int service_rights_hide_memory(struct err *err);

/**
 * service_rights_drop() - from now on neither this process nor a program that it starts gains a
 * right: no_new_privs is set, and all capabilities are given up but @kept, also in the bounding set
 */
NODISCARD int service_rights_drop(uint64_t kept, struct err *err);

#endif
