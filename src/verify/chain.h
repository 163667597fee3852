/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/chain.h: certificate paths up to the trusted root key: PCK chains and the chains of
 * collateral signers, as QVL's steps A and B (docs/verification.md). Dates and revocation are not
 * judged here. For verify/ only.
 */
#ifndef COFFER_VERIFY_CHAIN_H
#define COFFER_VERIFY_CHAIN_H

#include "verify/check.h"
#include "verify/pck_cache.h"
#include "verify/trust.h"

/** struct chain_dates - a chain is valid from the latest notBefore to the earliest notAfter */
struct chain_dates {
    int64_t not_before;
    int64_t not_after;
    uint8_t not_before_of; /* index of the certificate, leaf first */
    uint8_t not_after_of;
};

/** struct chain_roles - certificates of a chain by role; NULL when there is none */
struct chain_roles {
    const struct x509 *leaf;
    const struct x509 *ca;
    const struct x509 *root;
};

/** chain_roles_of() - each certificate's role by its names and basic constraints, in any order */
struct chain_roles chain_roles_of(const struct x509_chain *chain);

struct chain_dates chain_dates_of(const struct chain_roles *roles);

/**
 * chain_signer_check() - a chain of signer and root, as TCB info and identities have it
 * @id:   gets the first failure, or passes
 * Return: the signer if the path holds, else NULL.
 */
const struct x509 *chain_signer_check(struct trust *t, struct p256 *p,
                                      const struct chain_roles *roles, struct check_list *checks,
                                      enum check_id id);

/** chain_ca_check() - an intermediate and its root, as the PCK CRL's issuer chain has it; as above
 */
const struct x509 *chain_ca_check(struct trust *t, struct p256 *p, const struct chain_roles *roles,
                                  struct check_list *checks, enum check_id id);

/**
 * chain_pck_check() - leaf, intermediate and root of a platform
 * Sets the checks from PCK_CHAIN to PCK_EXTENSION. @ret is filled as far as the leaf is readable;
 * its is_verified says that all of them passed.
 */
void chain_pck_check(struct trust *t, struct p256 *p, const struct chain_roles *roles,
                     struct check_list *checks, struct pck_platform *ret);

#endif
