/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collateral/enclave_identity.h: enclave identities of version 2: QE, TD_QE, QVE, QAE (Intel PCS
 * API v4, "Get QE Identity"). Parsing only.
 */
#ifndef COFFER_COLLATERAL_ENCLAVE_IDENTITY_H
#define COFFER_COLLATERAL_ENCLAVE_IDENTITY_H

#include "base/err.h"
#include "collateral/tcb_level.h"

enum {
    ENCLAVE_IDENTITY_SIZE_MAX = 256 * 1024, /* bytes of JSON */
    ENCLAVE_IDENTITY_LEVEL_MAX = 256,
    ENCLAVE_IDENTITY_VERSION = 2, /* the only one that Intel's service hands out */
};

enum enclave_identity_id {
    ENCLAVE_IDENTITY_NONE = 0,
    ENCLAVE_IDENTITY_QE,
    ENCLAVE_IDENTITY_TD_QE,
    ENCLAVE_IDENTITY_QVE,
    ENCLAVE_IDENTITY_QAE,
};

/** struct enclave_identity - release with enclave_identity_free() */
struct enclave_identity {
    enum enclave_identity_id id;
    uint16_t version;   /* 2 */
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

/** enclave_identity_new() - decode the inner object; @json is copied. Return: 0; -EBADMSG;
 * -EMSGSIZE; -ENOMEM. */
NODISCARD int enclave_identity_new(struct span json, struct enclave_identity **ret,
                                   struct err *err);
void enclave_identity_free(struct enclave_identity *identity);
void enclave_identity_freep(struct enclave_identity **identity);

const char *enclave_identity_id_name(enum enclave_identity_id id);

#endif
