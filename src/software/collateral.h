/* SPDX-License-Identifier: Apache-2.0 */
/*
 * software/collateral.h: what a verifier needs to judge the software platform's quotes:
 * TCB info, QE identity, CRLs and their issuer chains, signed afresh by the authority whenever
 * asked.
 */
#ifndef COFFER_SOFTWARE_COLLATERAL_H
#define COFFER_SOFTWARE_COLLATERAL_H

#include "software/authority.h"

enum {
    SOFTWARE_PIECE_MAX = 32 * 1024,                 /* bytes of one piece */
    SOFTWARE_COLLATERAL_LIFE_S = 30 * 24 * 60 * 60, /* from issue to nextUpdate */
};

/** struct software_collateral - release with software_collateral_done() */
struct software_collateral {
    struct buf tcb_info;      /* {"tcbInfo":{...},"signature":"..."} */
    struct buf qe_identity;   /* {"enclaveIdentity":{...},"signature":"..."} */
    struct buf pck_crl;       /* DER, of the CA that issues PCK certificates */
    struct buf root_crl;      /* DER */
    struct buf signing_chain; /* PEM: TCB signer, root; of TCB info and QE identity */
    struct buf pck_crl_chain; /* PEM: CA, root */
    struct buf root;          /* PEM: the root alone, for --trust-root */
};

/**
 * software_collateral_make() - issue every piece at @now_s
 * @ret: written also after a failure; release it
 */
NODISCARD int software_collateral_make(const struct software_authority *ca,
                                       enum software_issuer issuer, int64_t now_s,
                                       struct software_collateral *ret, struct err *err);
void software_collateral_done(struct software_collateral *c);

/**
 * software_collateral_store() - write the pieces as `coffer verify --collateral DIR` reads them:
 * tcbinfo.json qeid.json pckcrl.der rootcrl.der tcbchain.pem qeidchain.pem pckcrlchain.pem root.pem
 *
 * Each file is replaced at once. A reader between two of them sees pieces of two issues, which
 * belong to one authority and are all in date.
 */
NODISCARD int software_collateral_store(const struct software_collateral *c, const char *dir,
                                        struct err *err);

#endif
