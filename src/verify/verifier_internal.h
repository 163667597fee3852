/* SPDX-License-Identifier: Apache-2.0 */
/* verify/verifier_internal.h: the inside of a verifier. For verify/ only. */
#ifndef COFFER_VERIFY_VERIFIER_INTERNAL_H
#define COFFER_VERIFY_VERIFIER_INTERNAL_H

#include "verify/pck_cache.h"
#include "verify/trust.h"
#include "verify/verifier.h"

struct verifier {
    struct trust trust;
    struct pck_cache *platforms;
};

#endif
