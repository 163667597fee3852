/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pccs/manage.h: the calls of the offline tool and of appraisal: lists of platforms, and policies.
 * Source: Intel PCCS 1.27.
 */
#ifndef COFFER_PCCS_MANAGE_H
#define COFFER_PCCS_MANAGE_H

#include "pccs/answer.h"

enum {
    PCCS_POLICY_SIZE_MAX = 256 * 1024, /* bytes of an appraisal policy */
};

/**
 * pccs_manage_platforms() - GET /platforms
 *
 * source=reg gives the registered platforms that have no certificate and were not given before, and
 * notes that they were given. source=[] gives all platforms with certificates, source=[F,...] those
 * of the families.
 */
void pccs_manage_platforms(struct store *s, const struct pccs_call *call, int64_t now,
                           struct pccs_answer *ret);

/** pccs_manage_policy() - GET /appraisalpolicy: the default policy of a family */
void pccs_manage_policy(struct store *s, const struct pccs_call *call, struct pccs_answer *ret);

/** pccs_manage_put_policy() - PUT /appraisalpolicy: {"policy", "is_default", "fmspc"} */
void pccs_manage_put_policy(struct store *s, struct span body, int64_t now,
                            struct pccs_answer *ret);

#endif
