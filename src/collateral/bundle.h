/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collateral/bundle.h: the seven pieces that verify one platform's quotes, as bytes, and the two
 * forms they travel in: one JSON file, or a directory's files.
 */
#ifndef COFFER_COLLATERAL_BUNDLE_H
#define COFFER_COLLATERAL_BUNDLE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum {
    BUNDLE_SIZE_MAX = 16 * 1024 * 1024, /* bytes of all pieces together, and of the JSON form */
};

enum bundle_piece {
    BUNDLE_TCB_INFO,           /* PCS body with its signature, or the inner object alone */
    BUNDLE_TCB_INFO_SIGNATURE, /* 128 hex digits; empty when the body has it */
    BUNDLE_QE_IDENTITY,
    BUNDLE_QE_IDENTITY_SIGNATURE,
    BUNDLE_PCK_CRL, /* DER, PEM or hex */
    BUNDLE_ROOT_CA_CRL,
    BUNDLE_TCB_INFO_CHAIN, /* PEM: signer, root */
    BUNDLE_QE_IDENTITY_CHAIN,
    BUNDLE_PCK_CRL_CHAIN, /* PEM: intermediate, root */
    BUNDLE_PCK_CHAIN,     /* PEM: leaf, intermediate, root; only for quotes that carry none */
    BUNDLE_PIECE_COUNT,
};

/** struct bundle - borrowed pieces; missing ones are empty */
struct bundle {
    struct span piece[BUNDLE_PIECE_COUNT];
};

/** bundle_member() - the JSON form's member name: "tcb_info" ... "pck_certificate_chain" */
const char *bundle_member(enum bundle_piece piece);

/** bundle_file() - the directory form's file name, or NULL: "tcbinfo.json" ... "pckchain.pem" */
const char *bundle_file(enum bundle_piece piece);

/**
 * bundle_parse_json() - decode the one-file form
 * @into: receives the decoded strings, which @ret points into
 * Return: 0; -EBADMSG; -EMSGSIZE; -ENOMEM. Missing members leave empty pieces.
 */
NODISCARD int bundle_parse_json(struct span json, struct buf *into, struct bundle *ret,
                                struct err *err);

/** bundle_render_json() - write the one-file form; the PCS bodies are split into inner and
 * signature */
NODISCARD int bundle_render_json(const struct bundle *bundle, struct buf *out, struct err *err);

#endif
