/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/collateral_set.h: one platform family's collateral, parsed and checked as far as neither
 * time nor quote matter. Immutable and shared by reference.
 */
#ifndef COFFER_VERIFY_COLLATERAL_SET_H
#define COFFER_VERIFY_COLLATERAL_SET_H

#include "collateral/bundle.h"
#include "verify/verifier.h"

struct collateral_set; /* opaque */

/**
 * collateral_set_new() - parse every piece and check all that does not depend on the time
 * @bundle: borrowed for the call
 * Pieces that are missing or wrong make failed checks in every verdict, not an error.
 * Return: 0 and @ret; -ENOMEM.
 */
NODISCARD int collateral_set_new(struct verifier *v, const struct bundle *bundle,
                                 struct collateral_set **ret, struct err *err);
struct collateral_set *collateral_set_ref(struct collateral_set *set);
void collateral_set_unref(struct collateral_set *set);
void collateral_set_unrefp(struct collateral_set **set);

/** collateral_set_expires() - unix seconds at which the first of its pieces expires; INT64_MIN when
 * one is unreadable */
int64_t collateral_set_expires(const struct collateral_set *set);

#endif
