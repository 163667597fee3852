/* SPDX-License-Identifier: Apache-2.0 */
/* aesm/helper.h: the quote helper put together: backend, service, sockets, collateral. */
#ifndef COFFER_AESM_HELPER_H
#define COFFER_AESM_HELPER_H

#include "aesm/backend_choice.h"
#include "aesm/queue.h"
#include "aesm/server.h"

enum {
    HELPER_QUEUE_LENGTH = 512,            /* requests that wait */
    HELPER_DEADLINE_MS = 10000,           /* Intel's client gives up after 15 s */
    HELPER_LOCK_MS = 3000,                /* a helper that is ending is waited for */
    HELPER_REFRESH_MS = 12 * 3600 * 1000, /* collateral of 30 days is issued anew this often */
};

/** struct helper_options - strings are borrowed for the helper's life */
struct helper_options {
    struct backend_options backend;
    struct queue_limits limits;
    struct server_options server;
    bool take_over;             /* serve in place of the helper that works on the state now */
    const char *metrics;        /* "HOST:PORT" for /metrics and /healthz; NULL: none */
    const char *collateral_dir; /* where the software platform's collateral is kept fresh */
};

/**
 * helper_run() - serve until SIGTERM or SIGINT
 * Return: 0; negative errno when it could not begin.
 */
NODISCARD int helper_run(const struct helper_options *options, struct err *err);

/** helper_export() - write the software platform's collateral and root to @dir and return */
NODISCARD int helper_export(const struct helper_options *options, const char *dir, struct err *err);

#endif
