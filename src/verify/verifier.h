/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/verifier.h: (quote, collateral, now, policy) -> verdict, by the algorithm of Intel's
 * QVL 1.27 (dcap.md 1.7). Pure but for its caches: the same arguments always give the same verdict.
 *
 * Threads: a verifier may be used by any number of threads at once. Its caches hold only results
 * that do not depend on time, policy or collateral: which chain is good up to the trusted key, and
 * which QE report a PCK key signed.
 */
#ifndef COFFER_VERIFY_VERIFIER_H
#define COFFER_VERIFY_VERIFIER_H

#include "collateral/bundle.h"
#include "verify/verdict.h"

enum {
    VERIFIER_PLATFORM_DEFAULT = 16 * 1024, /* cached platforms unless told otherwise */
    VERIFIER_ROOT_KEY_SIZE = 64,           /* x || y */
};

struct verifier;       /* opaque */
struct collateral_set; /* parsed and checked collateral; opaque, immutable, shared */

/** Public key of the Intel SGX Root CA, the default trust root */
extern const uint8_t VERIFIER_INTEL_ROOT_KEY[VERIFIER_ROOT_KEY_SIZE];

struct verifier_options {
    const uint8_t *root_key; /* VERIFIER_ROOT_KEY_SIZE bytes; NULL: Intel's */
    size_t platform_max;     /* cached platforms; 0: VERIFIER_PLATFORM_DEFAULT */
};

/** verifier_new() - @options may be NULL. Return: 0 and @ret; -ENOMEM. */
NODISCARD int verifier_new(const struct verifier_options *options, struct verifier **ret,
                           struct err *err);
/** verifier_free() - the sets made by it may live on */
void verifier_free(struct verifier *v);
void verifier_freep(struct verifier **v);

/**
 * verifier_root_key_parse() - the public key of a trust root
 * @text: a certificate (PEM or DER), or a public key (PEM "PUBLIC KEY", or 65 bytes 04 || x || y)
 */
NODISCARD int verifier_root_key_parse(struct span text,
                                      uint8_t ret_key[static VERIFIER_ROOT_KEY_SIZE],
                                      struct err *err);

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

/**
 * verify_quote() - judge one quote
 * @set:  made by this verifier or one with the same root; NULL: no collateral, which is refused
 * @wire: untrusted bytes, copied
 * Return: 0 and @ret, whatever the bytes are; -ENOMEM.
 */
NODISCARD int verify_quote(struct verifier *v, struct collateral_set *set, struct span wire,
                           int64_t now, const struct verify_policy *policy, struct verdict **ret,
                           struct err *err);

#endif
