/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A piece is judged by the code that judges a whole set: a bundle with this piece alone becomes a
 * collateral set, and the outcomes of the checks that concern the piece are read from it. The
 * checks of the missing pieces fail there, and nobody looks at them. So a store and a verdict can
 * never disagree about what is genuine.
 */
#include "verify/piece.h"

#include <errno.h>
#include <string.h>

#include "verify/collateral_set_internal.h"
#include "verify/verifier_internal.h"

#define CN_PLATFORM_CA "Platform CA"

/* The checks of one kind. A piece that fails the first of them cannot be read. */
struct piece_row {
    enum bundle_piece body;
    enum bundle_piece chain;
    enum check_id format; /* the check that a piece fails when it is unreadable */
    enum check_id path;
    enum check_id signed_by;
};

static const struct piece_row rows[] = {
    [PIECE_TCB_INFO] = {.body = BUNDLE_TCB_INFO,
                        .chain = BUNDLE_TCB_INFO_CHAIN,
                        .format = CHECK_TCB_INFO_FORMAT,
                        .path = CHECK_TCB_INFO_CHAIN,
                        .signed_by = CHECK_TCB_INFO_SIGNATURE},
    [PIECE_ENCLAVE_IDENTITY] = {.body = BUNDLE_QE_IDENTITY,
                                .chain = BUNDLE_QE_IDENTITY_CHAIN,
                                .format = CHECK_IDENTITY_FORMAT,
                                .path = CHECK_IDENTITY_CHAIN,
                                .signed_by = CHECK_IDENTITY_SIGNATURE},
    [PIECE_PCK_CRL] = {.body = BUNDLE_PCK_CRL,
                       .chain = BUNDLE_PCK_CRL_CHAIN,
                       .format = CHECK_PCK_CRL,
                       .path = CHECK_PCK_CRL,
                       .signed_by = CHECK_PCK_CRL},
    [PIECE_ROOT_CRL] = {.body = BUNDLE_ROOT_CA_CRL,
                        .chain = BUNDLE_PIECE_COUNT,
                        .format = CHECK_ROOT_CRL,
                        .path = CHECK_ROOT_CRL,
                        .signed_by = CHECK_ROOT_CRL},
};

static int check_require(const struct check_list *checks, enum check_id id, int code,
                         struct err *err)
{
    const char *detail = checks->check[id].detail;

    if (check_passed(checks, id))
        return 0;
    return err_set(err, code, "%s: %s", check_name(id), *detail ? detail : "not evaluated");
}

static enum piece_ca ca_of(struct span name)
{
    size_t len = strlen(CN_PLATFORM_CA);

    for (size_t i = 0; i + len <= name.len; i++)
        if (memcmp(name.data + i, CN_PLATFORM_CA, len) == 0)
            return PIECE_CA_PLATFORM;
    return PIECE_CA_PROCESSOR;
}

static void crl_facts(const struct crl *crl, struct piece_facts *ret)
{
    ret->issued = crl->this_update;
    ret->expires = crl->next_update;
}

/* Of @kind's object, which is there because its format was read. */
static struct piece_facts set_facts(const struct collateral_set *set, enum piece_kind kind)
{
    struct piece_facts f = {0};

    if (kind == PIECE_TCB_INFO) {
        f.issued = set->tcb_info->issue_date;
        f.expires = set->tcb_info->next_update;
        f.evaluation_number = set->tcb_info->evaluation_number;
        f.tcb_info = set->tcb_info->id;
        memcpy(f.fmspc, set->tcb_info->fmspc, sizeof(f.fmspc));
    } else if (kind == PIECE_ENCLAVE_IDENTITY) {
        f.issued = set->identity->issue_date;
        f.expires = set->identity->next_update;
        f.evaluation_number = set->identity->evaluation_number;
        f.identity = set->identity->id;
    } else if (kind == PIECE_PCK_CRL) {
        crl_facts(set->pck_crl, &f);
        f.ca = ca_of(set->pck_crl->issuer_cn);
    } else {
        crl_facts(set->root_crl, &f);
    }
    return f;
}

/* A CRL has one check for its format and its signature; it has an object if it was readable. */
static bool is_readable(const struct collateral_set *set, enum piece_kind kind)
{
    if (kind == PIECE_PCK_CRL)
        return set->pck_crl;
    return kind == PIECE_ROOT_CRL ? (bool)set->root_crl
                                  : check_passed(&set->checks, rows[kind].format);
}

static int collateral_check(struct verifier *v, enum piece_kind kind, struct span body,
                            struct span chain, struct piece_facts *ret, struct err *err)
{
    CLEANUP(collateral_set_unrefp) struct collateral_set *set = NULL;
    const struct piece_row *row = &rows[kind];
    struct bundle bundle = {0};
    int r;

    bundle.piece[row->body] = body;
    if (row->chain < BUNDLE_PIECE_COUNT)
        bundle.piece[row->chain] = chain;
    r = collateral_set_new(v, &bundle, &set, err);
    if (r < 0)
        return r;
    if (!is_readable(set, kind))
        return check_require(&set->checks, row->format, -EBADMSG, err);
    r = check_require(&set->checks, row->path, -EKEYREJECTED, err);
    if (r == 0)
        r = check_require(&set->checks, row->signed_by, -EKEYREJECTED, err);
    if (r == 0)
        *ret = set_facts(set, kind);
    return r;
}

/* -- PCK certificates -- */

static int chain_join(struct span leaf, struct span chain, struct x509_chain *ret, struct err *err)
{
    struct buf text = buf_init(BUNDLE_SIZE_MAX);
    int r;

    buf_put(&text, leaf);
    buf_put_str(&text, "\n");
    buf_put(&text, chain);
    r = buf_status(&text);
    r = r < 0 ? err_set(err, r, "PCK certificate chain")
              : x509_chain_parse(buf_span(&text), ret, err);
    buf_done(&text);
    return r;
}

static int pck_chain_check(struct verifier *v, const struct x509_chain *chain,
                           struct piece_facts *ret, struct err *err)
{
    struct chain_roles roles = chain_roles_of(chain);
    struct check_list checks = {0};
    struct pck_platform platform = {0};
    struct p256 *p = trust_take(&v->trust);
    int r = 0;

    if (!p)
        return err_set(err, -ENOMEM, "PCK certificate");
    chain_pck_check(&v->trust, p, &roles, &checks, &platform);
    trust_give(&v->trust, p);
    for (enum check_id id = CHECK_PCK_CHAIN; id <= CHECK_PCK_EXTENSION && r == 0; id++)
        r = check_require(&checks, id, -EKEYREJECTED, err);
    if (r == 0 && !platform.is_verified)
        r = err_set(err, -EKEYREJECTED, "the PCK certificate's chain does not hold");
    if (r < 0)
        return r;
    *ret = (struct piece_facts){
        .issued = roles.leaf->not_before,
        .expires = roles.leaf->not_after,
        .ca = ca_of(roles.ca->subject_cn),
        .pck = platform.pck,
    };
    memcpy(ret->fmspc, platform.pck.fmspc, sizeof(ret->fmspc));
    return 0;
}

static int pck_check(struct verifier *v, struct span leaf, struct span chain,
                     struct piece_facts *ret, struct err *err)
{
    struct x509_chain *certs = calloc(1, sizeof(*certs));
    int r;

    if (!certs)
        return err_set(err, -ENOMEM, "PCK certificate");
    r = chain_join(leaf, chain, certs, err);
    if (r == 0)
        r = pck_chain_check(v, certs, ret, err);
    x509_chain_done(certs);
    free(certs);
    return r;
}

int piece_check(struct verifier *v, enum piece_kind kind, struct span body, struct span chain,
                struct piece_facts *ret, struct err *err)
{
    switch (kind) {
    case PIECE_TCB_INFO:
    case PIECE_ENCLAVE_IDENTITY:
    case PIECE_PCK_CRL:
    case PIECE_ROOT_CRL:
        return collateral_check(v, kind, body, chain, ret, err);
    case PIECE_PCK_CERTIFICATE:
        return pck_check(v, body, chain, ret, err);
    case PIECE_NONE:
        break;
    }
    return err_set(err, -EBADMSG, "a piece of no kind");
}
