/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/service.h: the collateral service on the loop: HTTP, worker threads with a core each, a
 * cache of items, refreshing, metrics.
 */
#ifndef COFFER_PCCS_SERVICE_H
#define COFFER_PCCS_SERVICE_H

#include "base/transport.h"
#include "net/loop.h"
#include "pccs/core.h"

enum {
    PCCS_SERVICE_THREADS = 4,
    PCCS_SERVICE_JOBS_MAX = 512,         /* requests that wait for a thread; more are told 503 */
    PCCS_SERVICE_REFRESH_MS = 60 * 1000, /* how often due items are looked for */
};

/** struct pccs_service_options - borrowed for the service's life */
struct pccs_service_options {
    struct pccs_settings settings;
    const struct store_backend *backend;
    const char *target;                       /* of the store */
    const uint8_t *root_key;                  /* NULL: Intel's */
    const char *address;                      /* "127.0.0.1:8081" */
    const char *metrics;                      /* "HOST:PORT" of /metrics and probes; NULL: none */
    const struct transport_source *transport; /* TLS; NULL: plain HTTP */
};

struct pccs_service; /* opaque */

/** pccs_service_new() - open the store and serve. Return: 0; errors of store_open(), of the schema
 *  and of the addresses. */
NODISCARD int pccs_service_new(struct loop *loop, const struct pccs_service_options *options,
                               struct pccs_service **ret, struct err *err);

/** pccs_service_free() - finish the requests that threads work on, then end */
void pccs_service_free(struct pccs_service *s);

/** pccs_service_port() - the port that is bound */
unsigned pccs_service_port(const struct pccs_service *s);

#endif
