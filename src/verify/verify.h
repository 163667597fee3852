/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/verify.h: (quote, collateral, now, policy) -> verdict, by the algorithm of Intel's Quote
 * Verification Library 1.27 (docs/verification.md has its steps). Pure but for the verifier's
 * caches: the same arguments always give the same verdict.
 */
#ifndef COFFER_VERIFY_VERIFY_H
#define COFFER_VERIFY_VERIFY_H

#include "verify/collateral_set.h"
#include "verify/verdict.h"
#include "verify/verifier.h"

/**
 * verify_quote() - judge one quote
 * @set:  made by this verifier or one with the same trust root; NULL: no collateral, which is
 * refused
 * @wire: untrusted bytes, copied
 * Return: 0 and @ret, whatever the bytes are; -EINVAL for a set that was checked under another
 * trust root; -ENOMEM.
 */
NODISCARD int verify_quote(struct verifier *v, struct collateral_set *set, struct span wire,
                           int64_t now, const struct verify_policy *policy, struct verdict **ret,
                           struct err *err);

/**
 * verify_evidence() - verify_quote() of the quote in @evidence
 *
 * The verdict also says which form the quote came in, and it is refused when the report data do not
 * bind what that form says they bind.
 */
NODISCARD int verify_evidence(struct verifier *v, struct collateral_set *set,
                              const struct evidence *evidence, int64_t now,
                              const struct verify_policy *policy, struct verdict **ret,
                              struct err *err);

#endif
