/* SPDX-License-Identifier: Apache-2.0 */
/* verify/policy.h: the relying party's decisions; everything else follows from the evidence. */
#ifndef COFFER_VERIFY_POLICY_H
#define COFFER_VERIFY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "collateral/tcb_status.h"

struct expectation_list;

/** struct verify_policy - all zero accepts no quote at all */
struct verify_policy {
    unsigned accept;         /* bits TCB_BIT(status); Revoked is refused all the same */
    unsigned accept_current; /* the same for the status that a TD has now; 0: as @accept */
    bool allow_debug;
    int64_t skew_s;  /* seconds that notBefore, thisUpdate and issueDate may lie ahead of now */
    int64_t grace_s; /* seconds that a document or CRL may be past its nextUpdate */
    uint32_t min_evaluation_number;  /* 0: any */
    uint64_t allow_td_attributes;    /* bits of a TD's ATTRIBUTES that are refused otherwise */
    uint64_t require_td_attributes;  /* bits that must be set */
    uint64_t allow_xfam;             /* reserved bits of XFAM that are tolerated */
    struct expectation_list *expect; /* expectation.h; NULL: nothing is expected */
};

#define TCB_BIT(status) (1U << (unsigned)(status))

enum {
    VERIFY_SKEW_DEFAULT_S = 300,
};

/** verify_policy_default() - UpToDate and SWHardeningNeeded, no debug, 300 s skew, no grace */
struct verify_policy verify_policy_default(void);

/** verify_policy_accepts() - is @status good enough? UNKNOWN, NOT_SUPPORTED and Revoked never are.
 */
bool verify_policy_accepts(unsigned accept, enum tcb_status status);

/**
 * verify_policy_accepts_current() - is the status that a TD has now good enough?
 * UpToDate always is: a set like "TDRelaunchAdvised" has words that only a whole verdict can have.
 */
bool verify_policy_accepts_current(const struct verify_policy *policy, enum tcb_status status);

/** verify_policy_parse_accept() - "UpToDate,SWHardeningNeeded". Return: 0; -EINVAL with the unknown
 * word. */
NODISCARD int verify_policy_parse_accept(struct span words, unsigned *ret_accept, struct err *err);

#endif
