/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/catalog.h: the versions of items, as rows of the store. Nothing is verified here: callers
 * put only what piece_check() accepted.
 */
#ifndef COFFER_PCCS_CATALOG_H
#define COFFER_PCCS_CATALOG_H

#include "base/buf.h"
#include "pccs/item.h"
#include "store/store.h"

enum {
    PCCS_BODY_SIZE_MAX = 4 * 1024 * 1024, /* bytes of an item; a CRL may have 100,000 entries */
    PCCS_CHAIN_SIZE_MAX = 16 * 1024,      /* bytes of an issuer chain, PEM */
    PCCS_SOURCE_SIZE_MAX = 256,           /* bytes of a provenance text */
    PCCS_NEWEST = -1,                     /* as a time: the newest version of all */
};

/** struct pccs_version - one stored version; release with pccs_catalog_version_done() */
struct pccs_version {
    struct buf body;  /* as received; a CRL is DER */
    struct buf chain; /* PEM, empty for the root CRL */
    int64_t issued, expires;
    int64_t stored;    /* first received */
    int64_t confirmed; /* last received, or last seen unchanged upstream */
    uint32_t evaluation_number;
};

void pccs_catalog_version_done(struct pccs_version *v);

/** struct pccs_put - a genuine version to store; borrowed */
struct pccs_put {
    struct pccs_item item;
    const struct piece_facts *facts;
    struct span body, chain;
    const char *source; /* where it came from: "PUT /platformcollateral", "upstream HOST" */
    int64_t now;
};

/**
 * pccs_catalog_put() - keep a version, and note that it was received now
 * An older version than the newest is kept for history and never served: versions are ordered by
 * their evaluation number and then by their date of issue.
 * Return: 0; errors of store_run().
 */
NODISCARD int pccs_catalog_put(struct store *s, const struct pccs_put *put, struct err *err);

/**
 * pccs_catalog_get() - the newest version that was issued until @at, or PCCS_NEWEST
 * @ret: written on success only
 * Return: 0; -ENOENT; errors of store_run().
 */
NODISCARD int pccs_catalog_get(struct store *s, const struct pccs_item *item, int64_t at,
                               struct pccs_version *ret, struct err *err);

/** struct pccs_state - an item without its bytes, for refreshing and for reports */
struct pccs_state {
    struct pccs_item item;
    int64_t issued, expires, confirmed;
    int64_t failed;     /* time of the last failed refresh since @confirmed; 0 = none */
    int64_t failures;   /* failed refreshes since @confirmed */
    struct span reason; /* of the last failure, borrowed for the call */
    uint32_t evaluation_number;
};

/** pccs_catalog_list() - call @on_state for the newest version of each item, by name
 *  Return: 0; errors of store_run(); what @on_state gave. */
NODISCARD int pccs_catalog_list(struct store *s,
                                int (*on_state)(void *userdata, const struct pccs_state *state,
                                                struct err *err),
                                void *userdata, struct err *err);

/**
 * pccs_catalog_lease() - may this replica refresh the item now?
 * @owner: this replica's name. @until: unix seconds; a replica that dies loses its lease then.
 * Return: 1 when the lease is ours; 0 when another replica has it; errors of store_run().
 */
NODISCARD int pccs_catalog_lease(struct store *s, const struct pccs_item *item, const char *owner,
                                 int64_t now, int64_t until, struct err *err);

/** pccs_catalog_fail() - note that a refresh failed, and end the lease */
NODISCARD int pccs_catalog_fail(struct store *s, const struct pccs_item *item, const char *reason,
                                int64_t now, struct err *err);

#endif
