/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intel's libraries (tee_qv_get_collateral(), sgx_ql_get_quote_verification_collateral()) hand out
 * collateral as sgx_ql_qve_collateral_t. Its layout is a public ABI and repeated here, so that an
 * embedder that has such a structure needs neither Intel's headers for libcoffer nor a copy of the
 * pieces. Sizes count the terminating NULs, which collateral/served.h takes off.
 */
#include "verify/coffer_internal.h"

#include <assert.h>
#include <errno.h>

#include "base/macros.h"

enum {
    VERSION_MAX = 4, /* major; 1 and 3 exist */
};

/** struct qve_piece - a pointer and a size, as the structure has seven of them */
struct qve_piece {
    const char *data;
    uint32_t size; /* bytes, the NUL of a text included */
};

/** struct qve_collateral - sgx_ql_qve_collateral_t of Intel's sgx_ql_lib_common.h */
struct qve_collateral {
    uint16_t major_version;
    uint16_t minor_version;
    uint32_t tee_type;
    struct qve_piece pck_crl_issuer_chain;
    struct qve_piece root_ca_crl;
    struct qve_piece pck_crl;
    struct qve_piece tcb_info_issuer_chain;
    struct qve_piece tcb_info;
    struct qve_piece qe_identity_issuer_chain;
    struct qve_piece qe_identity;
};

static_assert(sizeof(void *) != 8 || sizeof(struct qve_collateral) == 120,
              "sgx_ql_qve_collateral_t on 64-bit machines");

static struct coffer_bytes piece_in(const struct qve_piece *piece)
{
    return bytes_out(piece->data, piece->data ? piece->size : 0);
}

PUBLIC int coffer_collateral_from_qve(struct coffer_verifier *verifier, const void *qve_collateral,
                                      struct coffer_collateral **ret, struct coffer_error *error)
{
    const struct qve_collateral *c = qve_collateral;
    struct coffer_pieces pieces = {.size = sizeof(pieces)};
    struct err err = {0};

    if (!c || c->major_version == 0 || c->major_version > VERSION_MAX)
        return error_out(error, &err,
                         err_set(&err, -EINVAL,
                                 "sgx_ql_qve_collateral_t of version %u.%u; 1 to %d "
                                 "are known",
                                 c ? c->major_version : 0, c ? c->minor_version : 0, VERSION_MAX));
    pieces.pck_crl_issuer_chain = piece_in(&c->pck_crl_issuer_chain);
    pieces.root_ca_crl = piece_in(&c->root_ca_crl);
    pieces.pck_crl = piece_in(&c->pck_crl);
    pieces.tcb_info_issuer_chain = piece_in(&c->tcb_info_issuer_chain);
    pieces.tcb_info = piece_in(&c->tcb_info);
    pieces.qe_identity_issuer_chain = piece_in(&c->qe_identity_issuer_chain);
    pieces.qe_identity = piece_in(&c->qe_identity);
    return coffer_collateral_new(verifier, &pieces, ret, error);
}
