/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/stop.h: the end of a service. SIGTERM and SIGINT let loop_run() return after the
 * callbacks that are ready. What was begun is finished after that: a callback that ran after the
 * finishing could begin something new. SIGPIPE is ignored: a peer that leaves is an error of the
 * write.
 */
#ifndef COFFER_SERVICE_STOP_H
#define COFFER_SERVICE_STOP_H

#include "net/loop.h"

struct service_stop; /* opaque */

/** service_stop_new() - watch the signals from now on */
NODISCARD int service_stop_new(struct loop *loop, struct service_stop **ret, struct err *err);
void service_stop_free(struct service_stop *s);
void service_stop_freep(struct service_stop **s);

#endif
