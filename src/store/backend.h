/* SPDX-License-Identifier: Apache-2.0 */
/* store/backend.h: the calls that an engine implements; store/store.h defines the error codes. */
#ifndef COFFER_STORE_BACKEND_H
#define COFFER_STORE_BACKEND_H

#include "store/store.h"

/** store_timeout_ms - STORE_TIMEOUT_MS; tests make it shorter before they open a store */
extern int store_timeout_ms;

struct store_backend {
    const char *name;
    const char *begin;       /* begins a transaction that writes */
    const char *lock_schema; /* after @begin: waits for other migrations; NULL when @begin does */

    int (*open)(const char *target, void **ret, struct err *err);
    void (*close)(void *engine);

    /** ready() - make a lost connection again; called before a statement outside a transaction */
    int (*ready)(void *engine, struct err *err);
    int (*run)(void *engine, const struct store_query *query, struct err *err);
};

#endif
