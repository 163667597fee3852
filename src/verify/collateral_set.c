/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collateral outlives quotes: one TCB info serves every platform of its FMSPC for a month, while a
 * service judges thousands of quotes. So everything about collateral that depends neither on the
 * quote nor on the time is checked once, when the set is made, and its outcomes are copied into the
 * verdict of every quote (verify.c). The dates are checked for every verdict, because "now" is an
 * argument of the verdict.
 *
 * First every piece is parsed (pieces_load), then signatures and revocation are checked
 * (pieces_check): the CRLs before the signed documents, because whether a document's signer is
 * revoked is read from the root's CRL. A failure is recorded as the outcome of its check and the
 * rest goes on, because a verdict names every failure. Only lack of memory ends the work early.
 *
 * The root CRL carries no certificate of its issuer. Its signature is verified with the trusted
 * root key; its issuer name is compared with a root certificate of the other pieces, if one of them
 * has the trusted key. The PCK CRL is verified with the intermediate of its own issuer chain; a
 * bundle without that chain leaves the check open, and judge_chain.c verifies the CRL with the
 * intermediate of the quote.
 *
 * A signed document is checked over its bytes as they were received. The signer's signature is
 * verified even when the signer is not trusted: the report then says that the bytes are intact and
 * that the signer is the problem.
 */
#include "verify/collateral_set_internal.h"

#include <errno.h>

#include "codec/hex.h"
#include "collateral/served.h"
#include "collateral/signed_json.h"
#include "verify/verifier_internal.h"

struct making {
    struct trust *trust;
    struct p256 *p256;
    const struct bundle *bundle;
    struct collateral_set *set;
    const struct x509 *any_root; /* a root certificate with the trusted key, for its name */
    bool no_memory;
};

/* TCB info and identity are checked alike; this is where they differ. */
struct signed_piece {
    enum bundle_piece body;
    enum bundle_piece signature;
    enum bundle_piece chain;
    const char *member;
    enum check_id format;
    enum check_id path;
    enum check_id revoked;
    enum check_id signed_by;
};

static const struct signed_piece tcb_piece = {
    .body = BUNDLE_TCB_INFO,
    .signature = BUNDLE_TCB_INFO_SIGNATURE,
    .chain = BUNDLE_TCB_INFO_CHAIN,
    .member = "tcbInfo",
    .format = CHECK_TCB_INFO_FORMAT,
    .path = CHECK_TCB_INFO_CHAIN,
    .revoked = CHECK_TCB_SIGNER_REVOKED,
    .signed_by = CHECK_TCB_INFO_SIGNATURE,
};

static const struct signed_piece identity_piece = {
    .body = BUNDLE_QE_IDENTITY,
    .signature = BUNDLE_QE_IDENTITY_SIGNATURE,
    .chain = BUNDLE_QE_IDENTITY_CHAIN,
    .member = "enclaveIdentity",
    .format = CHECK_IDENTITY_FORMAT,
    .path = CHECK_IDENTITY_CHAIN,
    .revoked = CHECK_IDENTITY_SIGNER_REVOKED,
    .signed_by = CHECK_IDENTITY_SIGNATURE,
};

/* @ret stays NULL for a CRL that is missing or unreadable, which fails @id. Return: 0; -ENOMEM. */
static int crl_load(struct making *m, enum bundle_piece piece, enum check_id id, struct crl **ret)
{
    struct err err = {0};
    struct crl *crl;
    int r;

    if (m->bundle->piece[piece].len == 0) {
        check_fail(&m->set->checks, id, "no CRL was given");
        return 0;
    }
    crl = calloc(1, sizeof(*crl));
    if (!crl)
        return -ENOMEM;
    r = crl_parse(m->bundle->piece[piece], crl, &err);
    if (r < 0) {
        free(crl);
        check_fail(&m->set->checks, id, "%s", err.text);
        return r == -ENOMEM ? r : 0;
    }
    *ret = crl;
    return 0;
}

static const char *crl_problem(const struct crl *crl)
{
    if (!crl->has_number)
        return "no CRL number";
    return crl->authority_key_id.len == 0 ? "no authority key identifier" : NULL;
}

static void root_crl_check(struct making *m)
{
    const struct crl *crl = m->set->root_crl;
    struct check_list *checks = &m->set->checks;

    if (!crl)
        return;
    if (crl_problem(crl))
        check_fail(checks, CHECK_ROOT_CRL, "root CRL: %s", crl_problem(crl));
    else if (m->any_root && !span_equal(crl->issuer, m->any_root->subject))
        check_fail(checks, CHECK_ROOT_CRL, "issued by %.*s, not by the root",
                   (int)MIN(crl->issuer_cn.len, (size_t)64), (const char *)crl->issuer_cn.data);
    else if (trust_verify(m->trust, m->p256, m->trust->root_key, crl->tbs, crl->signature) !=
             P256_VALID)
        check_fail(checks, CHECK_ROOT_CRL, "the trusted root's key did not sign it");
    else
        check_pass(checks, CHECK_ROOT_CRL);
}

static void pck_crl_check(struct making *m)
{
    struct collateral_set *set = m->set;
    struct chain_roles roles = chain_roles_of(&set->crl_chain);
    const struct x509 *ca;

    if (!set->pck_crl)
        return;
    hash_sha256(set->pck_crl->issuer, set->pck_crl_issuer_name);
    if (crl_problem(set->pck_crl)) {
        check_fail(&set->checks, CHECK_PCK_CRL, "PCK CRL: %s", crl_problem(set->pck_crl));
        return;
    }
    if (set->crl_chain.count == 0)
        return;
    ca = chain_ca_check(m->trust, m->p256, &roles, &set->checks, CHECK_PCK_CRL);
    if (!ca)
        return;
    if (!span_equal(set->pck_crl->issuer, ca->subject)) {
        check_fail(&set->checks, CHECK_PCK_CRL, "its issuer is not the intermediate of its chain");
        return;
    }
    if (trust_verify(m->trust, m->p256, ca->key, set->pck_crl->tbs, set->pck_crl->signature) !=
        P256_VALID) {
        check_fail(&set->checks, CHECK_PCK_CRL, "the intermediate's key did not sign it");
        return;
    }
    memcpy(set->crl_ca_key, ca->key, P256_KEY_SIZE);
    set->has_crl_ca = true;
    check_pass(&set->checks, CHECK_PCK_CRL);
}

/* A PCS body with its signature inside, or the inner object with the signature beside it. */
static int signed_split(struct making *m, const struct signed_piece *piece, struct signed_json *ret,
                        struct err *err)
{
    struct span body = m->bundle->piece[piece->body];
    struct span signature = m->bundle->piece[piece->signature];

    if (body.len == 0)
        return err_set(err, -ENOENT, "not given");
    if (signature.len == 0)
        return signed_json_parse(body, piece->member, ret, err);
    ret->inner = body;
    if (hex_decode_fixed(signature, ret->signature, sizeof(ret->signature)) < 0)
        return err_set(err, -EBADMSG, "the signature is not 128 hex digits");
    return 0;
}

static const struct x509 *signer_find(struct making *m, const struct signed_piece *piece,
                                      struct x509_chain *chain, struct set_signer *ret)
{
    struct check_list *checks = &m->set->checks;
    struct err err = {0};
    struct chain_roles roles;
    int r;

    if (m->bundle->piece[piece->chain].len == 0) {
        check_fail(checks, piece->path, "no issuer chain was given");
        return NULL;
    }
    r = x509_chain_parse(m->bundle->piece[piece->chain], chain, &err);
    if (r < 0) {
        m->no_memory |= r == -ENOMEM;
        check_fail(checks, piece->path, "%s", err.text);
        return NULL;
    }
    roles = chain_roles_of(chain);
    roles.ca = NULL;
    ret->dates = chain_dates_of(&roles);
    ret->has_dates = true;
    return chain_signer_check(m->trust, m->p256, &roles, checks, piece->path);
}

static void signer_revocation_check(struct making *m, const struct signed_piece *piece,
                                    const struct x509 *signer)
{
    struct check_list *checks = &m->set->checks;

    if (!signer)
        check_miss(checks, piece->revoked, "no trusted signer");
    else if (!check_passed(checks, CHECK_ROOT_CRL))
        check_miss(checks, piece->revoked, "no valid root CRL");
    else if (crl_lists(m->set->root_crl, signer->serial))
        check_fail(checks, piece->revoked, "the signer's certificate is revoked");
    else
        check_pass(checks, piece->revoked);
}

static void signed_piece_check(struct making *m, const struct signed_piece *piece,
                               const struct x509_chain *chain, const struct x509 *signer)
{
    struct check_list *checks = &m->set->checks;
    struct chain_roles roles = chain_roles_of(chain);
    struct signed_json json;
    enum p256_result result;

    signer_revocation_check(m, piece, signer);
    if (signed_split(m, piece, &json, NULL) < 0 || !roles.leaf) {
        check_miss(checks, piece->signed_by, "no document or no signer");
        return;
    }
    result = trust_verify(m->trust, m->p256, roles.leaf->key, json.inner, json.signature);
    if (result != P256_VALID)
        check_fail(checks, piece->signed_by, "the signer's key did not sign these bytes");
    else if (!signer)
        check_fail(checks, piece->signed_by, "signed, but by a signer that is not trusted");
    else
        check_pass(checks, piece->signed_by);
}

/* @result is what the piece's parser returned. Return: 0; -ENOMEM. */
static int format_note(struct making *m, enum check_id id, int result, const struct err *err)
{
    if (result == 0)
        check_pass(&m->set->checks, id);
    else
        check_fail(&m->set->checks, id, "%s", err->text);
    return result == -ENOMEM ? result : 0;
}

static int tcb_info_load(struct making *m)
{
    struct signed_json json = {0};
    struct err err = {0};
    int r = signed_split(m, &tcb_piece, &json, &err);

    if (r == 0)
        r = tcb_info_new(json.inner, &m->set->tcb_info, &err);
    return format_note(m, CHECK_TCB_INFO_FORMAT, r, &err);
}

static int identity_load(struct making *m)
{
    struct signed_json json = {0};
    struct err err = {0};
    int r = signed_split(m, &identity_piece, &json, &err);

    if (r == 0)
        r = enclave_identity_new(json.inner, &m->set->identity, &err);
    return format_note(m, CHECK_IDENTITY_FORMAT, r, &err);
}

static int crl_chain_load(struct making *m)
{
    struct span text = m->bundle->piece[BUNDLE_PCK_CRL_CHAIN];
    struct err err = {0};
    int r;

    if (text.len == 0)
        return 0;
    r = x509_chain_parse(text, &m->set->crl_chain, &err);
    if (r < 0) {
        check_fail(&m->set->checks, CHECK_PCK_CRL, "issuer chain: %s", err.text);
        x509_chain_done(&m->set->crl_chain);
    }
    return r == -ENOMEM ? r : 0;
}

static int pck_chain_copy(struct making *m)
{
    m->set->pck_chain = buf_init(BUNDLE_SIZE_MAX);
    buf_put(&m->set->pck_chain, m->bundle->piece[BUNDLE_PCK_CHAIN]);
    return buf_status(&m->set->pck_chain) == -ENOMEM ? -ENOMEM : 0;
}

/* Every piece becomes a parsed object of the set, or a failed check. Return: 0; -ENOMEM. */
static int pieces_load(struct making *m)
{
    if (pck_chain_copy(m) < 0 || tcb_info_load(m) < 0 || identity_load(m) < 0)
        return -ENOMEM;
    if (crl_load(m, BUNDLE_ROOT_CA_CRL, CHECK_ROOT_CRL, &m->set->root_crl) < 0)
        return -ENOMEM;
    if (crl_load(m, BUNDLE_PCK_CRL, CHECK_PCK_CRL, &m->set->pck_crl) < 0)
        return -ENOMEM;
    return crl_chain_load(m);
}

static const struct x509 *root_of(const struct making *m, const struct x509_chain *chain)
{
    struct chain_roles roles = chain_roles_of(chain);

    return roles.root && memcmp(roles.root->key, m->trust->root_key, P256_KEY_SIZE) == 0
               ? roles.root
               : NULL;
}

/* The signers' chains are needed for these checks only, and large. Return: 0; -ENOMEM. */
static int pieces_check(struct making *m)
{
    struct x509_chain *chains = calloc(2, sizeof(*chains));
    struct x509_chain *tcb, *identity;
    const struct x509 *tcb_signer, *identity_signer;

    if (!chains)
        return -ENOMEM;
    tcb = &chains[0];
    identity = &chains[1];
    tcb_signer = signer_find(m, &tcb_piece, tcb, &m->set->tcb_signer);
    identity_signer = signer_find(m, &identity_piece, identity, &m->set->identity_signer);
    m->any_root = root_of(m, tcb);
    if (!m->any_root)
        m->any_root = root_of(m, &m->set->crl_chain);
    root_crl_check(m);
    pck_crl_check(m);
    signed_piece_check(m, &tcb_piece, tcb, tcb_signer);
    signed_piece_check(m, &identity_piece, identity, identity_signer);
    x509_chain_done(tcb);
    x509_chain_done(identity);
    free(chains);
    return m->no_memory ? -ENOMEM : 0;
}

static int set_make(struct verifier *v, const struct bundle *bundle, struct collateral_set *set)
{
    struct making m = {.trust = &v->trust, .bundle = bundle, .set = set};
    int r;

    m.p256 = trust_take(&v->trust);
    if (!m.p256)
        return -ENOMEM;
    r = pieces_load(&m);
    if (r == 0)
        r = pieces_check(&m);
    trust_give(&v->trust, m.p256);
    return r;
}

int collateral_set_new(struct verifier *v, const struct bundle *bundle, struct collateral_set **ret,
                       struct err *err)
{
    CLEANUP(collateral_set_unrefp) struct collateral_set *set = calloc(1, sizeof(*set));
    CLEANUP(buf_done) struct buf decoded = buf_init(BUNDLE_SIZE_MAX);
    struct bundle served = *bundle; /* stays so when a piece is too large to be decoded */

    if (!set || served_bundle(bundle, &decoded, &served, err) == -ENOMEM)
        return err_set(err, -ENOMEM, "collateral");
    atomic_init(&set->refs, 1);
    memcpy(set->root_key, v->trust.root_key, sizeof(set->root_key));
    if (set_make(v, &served, set) < 0)
        return err_set(err, -ENOMEM, "collateral");
    *ret = TAKE_PTR(set);
    return 0;
}

struct collateral_set *collateral_set_ref(struct collateral_set *set)
{
    if (set)
        atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
    return set;
}

static void crl_free(struct crl *crl)
{
    if (crl)
        crl_done(crl);
    free(crl);
}

void collateral_set_unref(struct collateral_set *set)
{
    if (!set || atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) != 1)
        return;
    tcb_info_free(set->tcb_info);
    enclave_identity_free(set->identity);
    crl_free(set->root_crl);
    crl_free(set->pck_crl);
    x509_chain_done(&set->crl_chain);
    buf_done(&set->pck_chain);
    free(set);
}

void collateral_set_unrefp(struct collateral_set **set)
{
    collateral_set_unref(*set);
}

int64_t collateral_set_expires(const struct collateral_set *set)
{
    int64_t first;

    if (!set->tcb_info || !set->identity || !set->root_crl || !set->pck_crl ||
        !set->tcb_signer.has_dates || !set->identity_signer.has_dates)
        return INT64_MIN;
    first = MIN(set->tcb_info->next_update, set->identity->next_update);
    first = MIN(first, MIN(set->root_crl->next_update, set->pck_crl->next_update));
    return MIN(first, MIN(set->tcb_signer.dates.not_after, set->identity_signer.dates.not_after));
}
