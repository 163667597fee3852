/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/core.h: the collateral service without sockets and threads: a request goes in, an answer
 * comes out, and refreshing is a call with the time as an argument.
 *
 * A core belongs to one thread. Any number of cores, in any number of processes, work on one store.
 */
#ifndef COFFER_PCCS_CORE_H
#define COFFER_PCCS_CORE_H

#include "pccs/answer.h"
#include "pccs/upstream.h"

enum {
    PCCS_TOKEN_HASH_DIGITS = 128, /* SHA-512 */
    PCCS_LEASE_S = 120,      /* a replica that dies while refreshing delays the item this long */
    PCCS_RETRY_FIRST_S = 60, /* after a failed refresh; doubles with each further failure */
    PCCS_RETRY_LAST_S = 6 * 3600,
};

/** enum pccs_fill - when the service asks upstream */
enum pccs_fill {
    PCCS_FILL_OFFLINE = 0, /* never: the offline tool brings everything */
    PCCS_FILL_LAZY,        /* when a request misses */
    PCCS_FILL_REQ,         /* when a platform registers; a request that misses gets 404 */
};

/** struct pccs_settings - of all cores of a process; borrowed */
struct pccs_settings {
    enum pccs_fill fill;
    int64_t grace_s;
    struct pccs_upstream upstream;
    struct fetch_options fetch;
    const char *user_token_hash;  /* PCCS_TOKEN_HASH_DIGITS, any case; NULL: nobody has the right */
    const char *admin_token_hash; /* likewise */
    const char *replica;          /* this process's name in leases */
};

struct pccs_core; /* opaque */

/** pccs_core_new() - @store becomes the core's, also on failure; @verifier is shared by all cores
 *  Return: 0; errors of pccs_schema_migrate() and fetch_new(). */
NODISCARD int pccs_core_new(const struct pccs_settings *settings, struct store *store,
                            struct verifier *verifier, struct pccs_core **ret, struct err *err);
void pccs_core_free(struct pccs_core *c);

/**
 * pccs_core_handle() - answer a request
 * @now: unix seconds
 * @ret: always written, release with pccs_answer_done(); a failure of the store is a 503
 */
void pccs_core_handle(struct pccs_core *c, const struct http_request *request, int64_t now,
                      struct pccs_answer *ret);

/** struct pccs_refreshed - what came of a round */
struct pccs_refreshed {
    unsigned renewed, failed, leased; /* leased: another replica does it now */
};

/**
 * pccs_core_refresh() - renew every item that is due, each by itself
 *
 * An item is due when less than a third of its life is left, and after a failed attempt no sooner
 * than the back-off allows. @all: renew items that are not due as well.
 *
 * Return: 0, whatever came of the single items; errors of store_run() when the list cannot be read.
 */
NODISCARD int pccs_core_refresh(struct pccs_core *c, int64_t now, bool all,
                                struct pccs_refreshed *ret, struct err *err);

/** pccs_core_store() - the core's store, for reports */
struct store *pccs_core_store(struct pccs_core *c);

#endif
