/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/verifier.h: the trust root and the caches that verification works with. verify.h has what
 * is done with them.
 *
 * Threads: a verifier may be used by any number of threads at once. Its caches hold only results
 * that do not depend on time, policy or collateral: which chain is good up to the trusted key, and
 * which QE report a PCK key signed.
 */
#ifndef COFFER_VERIFY_VERIFIER_H
#define COFFER_VERIFY_VERIFIER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    VERIFIER_PLATFORM_DEFAULT = 16 * 1024, /* cached platforms unless told otherwise */
    VERIFIER_ROOT_KEY_SIZE = 64,           /* x || y */
};

struct verifier; /* opaque */

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

#endif
