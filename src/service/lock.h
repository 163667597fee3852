/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/lock.h: one service for one state directory, with an orderly change from one process to
 * the next.
 *
 * A service holds the lock alone while it makes or opens what is in the directory, and shares it
 * from then on. A process that takes over needs only the share: the keys are there already. A
 * process that does not take over waits until its predecessor is gone, for a moment.
 */
#ifndef COFFER_SERVICE_LOCK_H
#define COFFER_SERVICE_LOCK_H

#include <stdbool.h>

#include "base/err.h"

enum {
    SERVICE_LOCK_WAIT_MS = 3000, /* usual wait_ms: a service needs less than that to end */
};

/** struct service_lock_options - strings are borrowed for the call */
struct service_lock_options {
    const char *dir;   /* exists; the lock is DIR/NAME.lock, which is made */
    const char *name;  /* of the service */
    bool is_take_over; /* share the lock with the process that serves now */
    int wait_ms;       /* otherwise: how long to wait for the end of that process */
};

/**
 * service_lock_take() - Return: 0; -EBUSY when another process has the lock after @o->wait_ms;
 * errno
 * @ret_fd: the lock lasts until it is closed
 */
NODISCARD int service_lock_take(const struct service_lock_options *o, int *ret_fd, struct err *err);

/** service_lock_share() - let a process that takes over have the lock too */
NODISCARD int service_lock_share(int fd, struct err *err);

#endif
