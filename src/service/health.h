/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/health.h: the HTTP face of a service: /metrics for Prometheus, /healthz (the process
 * runs), /readyz (it can do its work, otherwise 503 and why not), and /status for programs.
 */
#ifndef COFFER_SERVICE_HEALTH_H
#define COFFER_SERVICE_HEALTH_H

#include <stdbool.h>

#include "base/buf.h"
#include "net/loop.h"

enum {
    SERVICE_HEALTH_RETRY_MS = 1000, /* how often an address that is taken is tried */
};

/** struct service_health_face - a service's answers; borrowed for the endpoint's life */
struct service_health_face {
    /** appends the Prometheus text */
    void (*metrics)(void *userdata, struct buf *out);
    /** Return: whether the service can work; lines about what is missing go to @why. NULL: yes */
    bool (*is_ready)(void *userdata, struct buf *why);
    /** appends one JSON value; NULL: the service has no /status */
    void (*status)(void *userdata, struct buf *out);
};

struct service_health; /* opaque */

/**
 * service_health_new() - serve @face on @address, "HOST:PORT"
 *
 * An address that is taken is no error: in a rolling update the older instance holds it until it
 * ends. It is then tried again every SERVICE_HEALTH_RETRY_MS.
 *
 * Return: 0; -EINVAL for an address that cannot be; negative errno.
 */
NODISCARD int service_health_new(struct loop *loop, const char *address,
                                 const struct service_health_face *face, void *userdata,
                                 struct service_health **ret, struct err *err);
void service_health_free(struct service_health *h);
void service_health_freep(struct service_health **h);

/** service_health_port() - the port that is bound, 0 while the address is taken */
unsigned service_health_port(const struct service_health *h);

#endif
