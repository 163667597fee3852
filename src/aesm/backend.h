/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/backend.h: the maker of quotes. There are two: the software platform's quoting enclave, and
 * Intel's quote library. A backend is called by one thread at a time, in the order that the queue
 * gives.
 */
#ifndef COFFER_AESM_BACKEND_H
#define COFFER_AESM_BACKEND_H

#include "aesm/protocol.h"
#include "base/err.h"
#include "base/span.h"

/** struct aesm_quote_identity - the enclave that reports are made for, and the key that signs */
struct aesm_quote_identity {
    uint8_t target_info[AESM_TARGET_INFO_SIZE];
    uint8_t pub_key_id[AESM_PUB_KEY_ID_SIZE]; /* SHA-256(public key x || y || auth data) */
};

/** struct aesm_quote_order - one quote to make */
struct aesm_quote_order {
    const uint8_t *report;   /* AESM_REPORT_SIZE bytes, untrusted */
    uint8_t *qe_report_info; /* AESM_QE_REPORT_INFO_SIZE bytes, its report is written; or NULL */
    uint8_t *quote;          /* receives quote_size bytes, zeros after the quote */
    uint32_t quote_size;     /* bytes, at most AESM_QUOTE_BUFFER_MAX */
};

/**
 * struct aesm_backend - its calls return an AESM code (0: success); after any other, @err holds
 * the cause and its remedy in one sentence
 */
struct aesm_backend {
    const char *name; /* "software", "intel" */
    bool is_blocking; /* its calls may wait for devices and networks: give it a thread */
    void *self;
    uint32_t (*init)(void *self, struct aesm_quote_identity *ret, struct err *err);
    uint32_t (*size)(void *self, uint32_t *ret_size, struct err *err);
    uint32_t (*quote)(void *self, const struct aesm_quote_order *order, struct err *err);
    void (*free)(void *self);
};

static inline void aesm_backend_done(struct aesm_backend *b)
{
    if (b->free)
        b->free(b->self);
    *b = (struct aesm_backend){0};
}

#endif
