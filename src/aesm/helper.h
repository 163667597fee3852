/* SPDX-License-Identifier: Apache-2.0 */
/* aesm/helper.h: the quote helper put together: backend, service, sockets, collateral. */
#ifndef COFFER_AESM_HELPER_H
#define COFFER_AESM_HELPER_H

#include "aesm/backend_choice.h"
#include "aesm/queue.h"
#include "aesm/server.h"

enum {
    AESM_HELPER_QUEUE_LENGTH = 512,            /* requests that wait */
    AESM_HELPER_DEADLINE_MS = 10000,           /* Intel's client gives up after 15 s */
    AESM_HELPER_REFRESH_MS = 12 * 3600 * 1000, /* collateral of 30 days is issued anew this often */
};

/** struct aesm_helper_options - strings are borrowed for the helper's life */
struct aesm_helper_options {
    struct aesm_backend_options backend;
    struct aesm_queue_limits limits;
    struct aesm_server_options server;
    bool take_over;             /* serve in place of the helper that works on the state now */
    const char *metrics;        /* "HOST:PORT" for /metrics and /healthz; NULL: none */
    const char *collateral_dir; /* where the software platform's collateral is kept fresh */
};

/**
 * aesm_helper_run() - serve until SIGTERM or SIGINT
 * Return: 0; negative errno when it could not begin.
 */
NODISCARD int aesm_helper_run(const struct aesm_helper_options *options, struct err *err);

/** aesm_helper_export() - write the software platform's collateral and root to @dir and return */
NODISCARD int aesm_helper_export(const struct aesm_helper_options *options, const char *dir,
                                 struct err *err);

#endif
