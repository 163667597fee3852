/* SPDX-License-Identifier: Apache-2.0 */
/* verify/judge.h: the steps of verify_quote(), each of which adds to the verdict. For verify/ only.
 */
#ifndef COFFER_VERIFY_JUDGE_H
#define COFFER_VERIFY_JUDGE_H

#include "verify/collateral_set_internal.h"
#include "verify/pck_cache.h"
#include "verify/verdict.h"
#include "verify/verify.h"

struct judging {
    struct verifier *verifier;
    struct collateral_set *set;      /* may be NULL */
    struct span wire;                /* as given */
    const struct evidence *evidence; /* that held @wire; NULL when the caller gave a quote */
    struct verdict *verdict;
    struct p256 *p256;
    struct pck_platform platform;
    bool is_cacheable; /* @platform_key names this platform in the cache */
    uint8_t platform_key[SHA256_SIZE];
    bool is_known_again; /* its key's signature over this QE report was checked before */
    bool no_memory;
};

/** judge_chain() - find the platform's certificates and check their path (QVL step A) */
void judge_chain(struct judging *j);

/** judge_chain_revocation() - CRL issuer and the two revocation checks */
void judge_chain_revocation(struct judging *j);

/** judge_collateral() - steps 4.1.2.5.10 to .12: is this collateral for this quote? */
void judge_collateral(struct judging *j);

/** judge_qe() - steps 4.1.2.5.13 to .16: QE report signature, key binding, identity */
void judge_qe(struct judging *j);

/** judge_dates() - validity of every piece at the verdict's time, also without a quote */
void judge_dates(struct judging *j);

/** judge_td() - a TD's ATTRIBUTES and XFAM against the policy */
void judge_td(struct judging *j);

/** judge_expectation_begin() - leave out what is not expected, and note when identity is not */
void judge_expectation_begin(struct judging *j);

/** judge_expectation() - everything that the policy expects; after judge_tcb() */
void judge_expectation(struct judging *j);

/** judge_tcb() - levels, status, advisories, dates, short SVNs (QVL step E) */
void judge_tcb(struct judging *j);

#endif
