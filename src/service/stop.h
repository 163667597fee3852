/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/stop.h: the end of a service. SIGTERM and SIGINT let it finish what it has begun and stop
 * its loop. SIGPIPE is ignored: a peer that leaves is an error of the write.
 */
#ifndef COFFER_SERVICE_STOP_H
#define COFFER_SERVICE_STOP_H

#include "net/loop.h"

struct service_stop; /* opaque */

/**
 * service_stop_new() - watch the signals from now on
 * @drain: called once in the loop before it stops; NULL when there is nothing to finish
 */
NODISCARD int service_stop_new(struct loop *loop, loop_fn drain, void *userdata,
                               struct service_stop **ret, struct err *err);
void service_stop_free(struct service_stop *s);
void service_stop_freep(struct service_stop **s);

#endif
