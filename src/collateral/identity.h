/* SPDX-License-Identifier: Apache-2.0 */
/* collateral/identity.h: enclave identities of version 2: QE, TD_QE, QVE, QAE (dcap.md 1.6).
 * Parsing only. */
#ifndef COFFER_COLLATERAL_IDENTITY_H
#define COFFER_COLLATERAL_IDENTITY_H

#include "base/err.h"
#include "collateral/tcb_level.h"

enum {
    IDENTITY_SIZE_MAX = 256 * 1024, /* bytes of JSON */
    IDENTITY_LEVEL_MAX = 256,
};

enum identity_id {
    IDENTITY_NONE = 0,
    IDENTITY_QE,
    IDENTITY_TD_QE,
    IDENTITY_QVE,
    IDENTITY_QAE,
};

/** struct identity - release with identity_free() */
struct identity {
    enum identity_id id;
    unsigned version;   /* 2 */
    int64_t issue_date; /* unix seconds */
    int64_t next_update;
    uint32_t evaluation_number;
    uint32_t miscselect; /* the four bytes read as little endian, as in a report body */
    uint32_t miscselect_mask;
    uint8_t attributes[16];
    uint8_t attributes_mask[16];
    uint8_t mrsigner[32];
    uint16_t isvprodid;
    struct isvsvn_level *levels; /* descending by isvsvn, no duplicates */
    size_t level_count;
    struct arena *arena; /* internal */
};

/** identity_new() - decode the inner object; @json is copied. Return: 0; -EBADMSG; -EMSGSIZE;
 * -ENOMEM. */
NODISCARD int identity_new(struct span json, struct identity **ret, struct err *err);
void identity_free(struct identity *identity);
void identity_freep(struct identity **identity);

const char *identity_id_name(enum identity_id id);

#endif
