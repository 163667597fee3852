/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/answer.h: the answer to a call for an item or a certificate, from the store alone.
 *
 * Every answer tells its age (Age, Cache-Control). An expired item is served only within the grace
 * that the operator allows, and with a Warning; beyond it the answer is 503 and says why the item
 * was not renewed.
 */
#ifndef COFFER_PCCS_ANSWER_H
#define COFFER_PCCS_ANSWER_H

#include "pccs/catalog.h"
#include "pccs/front.h"

enum {
    PCCS_MAX_AGE_S = 86400, /* the longest max-age; Azure's client ignores longer ones */
};

/** struct pccs_answer - release with pccs_answer_done() */
struct pccs_answer {
    unsigned status;          /* HTTP's, or 460, 461 and 462 of PCCS */
    const char *content_type; /* a constant */
    struct buf fields;        /* further header fields, each with its CR LF */
    struct buf body;
    int64_t changes; /* unix seconds until which the same call has the same answer */
};

void pccs_answer_done(struct pccs_answer *a);

/** struct pccs_terms - on what terms the service answers */
struct pccs_terms {
    int64_t now;
    int64_t grace_s; /* how long after its expiry an item is still served */
};

/** pccs_answer_text() - an answer of one sentence and a status */
PRINTF_LIKE(2, 3)
struct pccs_answer pccs_answer_text(unsigned status, const char *format, ...);

/**
 * pccs_answer_item() - answer a call for an item
 * Return: 0 and @ret, of any status; -ENOENT when the store has no version, so that the caller may
 * fetch one; errors of store_run().
 */
NODISCARD int pccs_answer_item(struct store *s, const struct pccs_call *call,
                               const struct pccs_terms *terms, struct pccs_answer *ret,
                               struct err *err);

/**
 * pccs_answer_certificate() - answer a call for a PCK certificate
 * Return: 0 and @ret; -ENOENT when the platform is not registered; -ENODATA when it has no
 * certificate that fits; errors of store_run().
 */
NODISCARD int pccs_answer_certificate(struct store *s, const struct pccs_call *call,
                                      struct pccs_answer *ret, struct err *err);

#endif
