/* SPDX-License-Identifier: Apache-2.0 */
/* verify/collateral_set_internal.h: the fields of a collateral set. For verify/ only. */
#ifndef COFFER_VERIFY_COLLATERAL_SET_INTERNAL_H
#define COFFER_VERIFY_COLLATERAL_SET_INTERNAL_H

#include <stdatomic.h>

#include "collateral/enclave_identity.h"
#include "collateral/tcb_info.h"
#include "crypto/crl.h"
#include "verify/chain.h"
#include "verify/collateral_set.h"

/** struct set_signer - the issuer chain of TCB info or identity */
struct set_signer {
    bool has_dates;
    struct chain_dates dates;
};

struct collateral_set {
    atomic_uint refs;
    uint8_t root_key[P256_KEY_SIZE];   /* the trust root that @checks were made under */
    struct check_list checks;          /* outcomes that do not depend on quote, time and policy */
    struct tcb_info *tcb_info;         /* NULL unless readable */
    struct enclave_identity *identity; /* NULL unless readable */
    struct crl *root_crl;              /* NULL unless readable */
    struct crl *pck_crl;               /* NULL unless readable */
    uint8_t pck_crl_issuer_name[SHA256_SIZE];
    bool has_crl_ca; /* the PCK CRL's issuer chain holds, and this is its intermediate's key: */
    uint8_t crl_ca_key[P256_KEY_SIZE];
    struct set_signer tcb_signer;
    struct set_signer identity_signer;
    struct x509_chain crl_chain; /* completes quotes that carry the PCK leaf only */
    struct buf pck_chain;        /* PEM, for quotes that carry no certificate */
};

#endif
