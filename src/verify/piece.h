/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify/piece.h: is one piece of collateral, by itself, signed up to the trusted root? A service
 * that keeps collateral asks this before it stores anything, whoever brought it. Dates are reported
 * and not judged: an expired piece is genuine all the same, and history keeps it.
 */
#ifndef COFFER_VERIFY_PIECE_H
#define COFFER_VERIFY_PIECE_H

#include "base/err.h"
#include "base/span.h"
#include "collateral/enclave_identity.h"
#include "collateral/tcb_info.h"
#include "crypto/pck_extension.h"
#include "verify/verifier.h"

enum piece_kind {
    PIECE_NONE = 0,
    PIECE_TCB_INFO,         /* a PCS body with its signature; chain: signer, root */
    PIECE_ENCLAVE_IDENTITY, /* likewise */
    PIECE_PCK_CRL,          /* DER, PEM or hex; chain: intermediate, root */
    PIECE_ROOT_CRL,         /* DER, PEM or hex; no chain */
    PIECE_PCK_CERTIFICATE,  /* PEM of the leaf; chain: intermediate, root */
};

/** enum piece_ca - the intermediate CA that issues PCK certificates */
enum piece_ca {
    PIECE_CA_NONE = 0,
    PIECE_CA_PROCESSOR,
    PIECE_CA_PLATFORM,
};

/** struct piece_facts - the contents of a genuine piece, as far as a store looks it up by them */
struct piece_facts {
    int64_t issued;             /* unix seconds: issueDate, thisUpdate or notBefore */
    int64_t expires;            /* nextUpdate or notAfter */
    uint32_t evaluation_number; /* of TCB info and identities */
    enum tcb_info_id tcb_info;
    enum enclave_identity_id identity;
    enum piece_ca ca;         /* of PCK CRLs and PCK certificates */
    uint8_t fmspc[6];         /* of TCB info and PCK certificates */
    struct pck_extension pck; /* of PCK certificates */
};

/**
 * piece_check() - verify one piece against the verifier's root
 * @body:  the bytes as received
 * @chain: PEM; the empty span for a root CRL
 * @ret:   written only on success
 * Return: 0; -EBADMSG for a piece that cannot be read; -EKEYREJECTED when it is not signed up to
 * the trusted root; -ENOMEM.
 */
NODISCARD int piece_check(struct verifier *v, enum piece_kind kind, struct span body,
                          struct span chain, struct piece_facts *ret, struct err *err);

#endif
