/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/verify_quotes.h: as many quotes of the software platform as a measurement needs, with the
 * collateral that verifies them.
 */
#ifndef COFFER_BENCH_VERIFY_QUOTES_H
#define COFFER_BENCH_VERIFY_QUOTES_H

#include "software/authority.h"
#include "software/collateral.h"
#include "verify/verify.h"

/** struct fleet - an authority and its collateral; release with fleet_done() */
struct fleet {
    char dir[64];
    struct software_authority *ca;
    struct software_collateral pieces;
    struct bundle bundle;
    uint8_t root_key[VERIFIER_ROOT_KEY_SIZE];
    int64_t now;
};

void fleet_init(struct fleet *f);
void fleet_done(struct fleet *f);

/** struct node - one platform: a PCK key, its chain, and the signature of its latest QE report */
struct node {
    struct ec_key *pck;
    struct buf chain;
    const struct ec_key *attestation; /* whose QE report @qe_signature is for */
    uint8_t qe_signature[EC_SIGNATURE_SIZE];
};

void node_init(struct fleet *f, struct node *n);
void node_done(struct node *n);

/** node_quote() - a quote by @attestation with a body that @serial makes unique. As a
 * quoting enclave does, a node signs its QE report once while the attestation key stays. */
struct buf node_quote(struct node *n, struct ec_key *attestation, uint32_t serial);

/** must() - end the program with @what unless @ok */
void must(bool ok, const char *what);

#endif
