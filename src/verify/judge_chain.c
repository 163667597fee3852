/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCK certificate decides what the platform is: its FMSPC, PCEID and SVNs, and the key that
 * signed the QE report. It comes in one of three ways, by the certification data type of the quote
 * (Intel SGX DCAP ECDSA Quote Library API, "QE Certification Data"):
 *
 * - Type 5 has the whole chain in the quote; type 4 has the leaf alone, and the PCK CRL's issuer
 *   chain completes it. A chain that came with more than the leaf must hold by itself: a
 * certificate in it that was altered is not replaced in silence.
 * - Types 1 to 3 and 7 name the platform only. The relying party got the certificate from a
 *   collateral service, and PCK_MATCH compares what can be compared: PCEID always, PPID when it is
 *   in clear. The CPUSVN of the quote is not compared, because a service answers with the
 *   certificate of the nearest TCB level below it.
 *
 * A chain that was verified up to the trusted key is kept in the PCK cache under the hash of its
 * text, so a platform's second quote needs no certificate to be parsed. A completed leaf is not
 * kept: whether its chain holds depends on the collateral.
 *
 * Revocation needs the issuer to match by name and by key: Intel's two CAs, Processor and Platform,
 * have a CRL each, and the wrong one lists nothing about this certificate.
 */
#include <errno.h>

#include "verify/judge.h"
#include "verify/verifier_internal.h"

static void chain_pass(struct check_list *checks)
{
    for (int id = CHECK_PCK_CHAIN; id <= CHECK_PCK_EXTENSION; id++)
        check_pass(checks, (enum check_id)id);
}

/* The certification data has no certificate: it has to come with the collateral. */
static struct span outside_chain(struct judging *j)
{
    const struct quote_auth *auth = &j->verdict->quote.auth;
    struct span given = j->set ? buf_span(&j->set->pck_chain) : span_of(NULL, 0);

    if (auth->cert_type < QUOTE_CERT_PPID_CLEAR || auth->cert_type > QUOTE_CERT_PLATFORM_MANIFEST ||
        auth->cert_type == QUOTE_CERT_QE_REPORT) {
        check_fail(&j->verdict->checks, CHECK_QUOTE_CERT_DATA,
                   "certification data type %u is not supported, expected 1 to 5 or 7",
                   auth->cert_type);
        return span_of(NULL, 0);
    }
    if (given.len == 0)
        check_fail(&j->verdict->checks, CHECK_QUOTE_CERT_DATA,
                   "type %u (%s): needs the PCK certificate from a collateral service",
                   auth->cert_type, quote_cert_type_name(auth->cert_type));
    return given;
}

static void match_step(struct judging *j)
{
    const struct quote_auth *auth = &j->verdict->quote.auth;
    const struct pck_extension *pck = &j->platform.pck;
    struct check_list *checks = &j->verdict->checks;
    struct quote_ppid ppid;
    struct err err = {0};

    if (!j->platform.has_extension)
        return;
    if (auth->cert_type == QUOTE_CERT_PLATFORM_MANIFEST) {
        check_pass(checks, CHECK_PCK_MATCH);
        return;
    }
    if (quote_parse_ppid(auth, &ppid, &err) < 0)
        check_fail(checks, CHECK_PCK_MATCH, "%s", err.text);
    else if (!span_equal(ppid.pceid, span_of(pck->pceid, sizeof(pck->pceid))))
        check_mismatch(checks, CHECK_PCK_MATCH, "PCEID of the given PCK certificate", ppid.pceid,
                       span_of(pck->pceid, sizeof(pck->pceid)));
    else if (auth->cert_type == QUOTE_CERT_PPID_CLEAR &&
             !span_equal(ppid.ppid, span_of(pck->ppid, sizeof(pck->ppid))))
        check_mismatch(checks, CHECK_PCK_MATCH, "PPID of the given PCK certificate", ppid.ppid,
                       span_of(pck->ppid, sizeof(pck->ppid)));
    else
        check_pass(checks, CHECK_PCK_MATCH);
}

static bool roles_complete(const struct judging *j, const struct x509_chain *chain,
                           struct chain_roles *roles)
{
    struct chain_roles more;

    if (chain->count > 1 || !roles->leaf || !j->set)
        return false;
    more = chain_roles_of(&j->set->crl_chain);
    if (!roles->ca)
        roles->ca = more.ca;
    if (!roles->root)
        roles->root = more.root;
    return true;
}

static void chain_read(struct judging *j, struct span text)
{
    struct check_list *checks = &j->verdict->checks;
    struct x509_chain chain = {0};
    struct chain_roles roles;
    struct err err = {0};
    int r = x509_chain_parse(text, &chain, &err);

    j->no_memory |= r == -ENOMEM;
    if (r < 0) {
        check_fail(checks, CHECK_PCK_CHAIN, "%s", err.text);
        x509_chain_done(&chain);
        return;
    }
    roles = chain_roles_of(&chain);
    j->is_cacheable = !roles_complete(j, &chain, &roles);
    chain_pck_check(&j->verifier->trust, j->p256, &roles, checks, &j->platform);
    j->is_cacheable &= j->platform.is_verified;
    if (j->is_cacheable)
        pck_cache_store(j->verifier->platforms, j->platform_key, &j->platform);
    x509_chain_done(&chain);
}

void judge_chain(struct judging *j)
{
    const struct quote_auth *auth = &j->verdict->quote.auth;
    struct check_list *checks = &j->verdict->checks;
    bool is_inside =
        auth->cert_type == QUOTE_CERT_PCK_LEAF || auth->cert_type == QUOTE_CERT_PCK_CHAIN;
    struct span text = is_inside ? auth->cert_data : outside_chain(j);

    if (text.len == 0) {
        check_fail(checks, CHECK_QUOTE_CERT_DATA, "no certificate");
        return;
    }
    check_pass(checks, CHECK_QUOTE_CERT_DATA);
    hash_sha256(text, j->platform_key);
    if (pck_cache_find(j->verifier->platforms, j->platform_key, &j->platform)) {
        j->is_cacheable = true;
        chain_pass(checks);
    } else {
        chain_read(j, text);
    }
    if (is_inside)
        check_skip(checks, CHECK_PCK_MATCH);
    else
        match_step(j);
    if (j->platform.has_extension) {
        j->verdict->has_pck = true;
        j->verdict->pck = j->platform.pck;
    }
}

/* With no issuer chain in the collateral, the CRL's signer can only be the quote's intermediate. */
static void crl_by_quote_check(struct judging *j)
{
    struct check_list *checks = &j->verdict->checks;

    if (check_passed(checks, CHECK_PCK_CRL) ||
        checks->check[CHECK_PCK_CRL].outcome == CHECK_FAILED || !j->platform.is_verified)
        return;
    if (trust_verify(&j->verifier->trust, j->p256, j->platform.ca_key, j->set->pck_crl->tbs,
                     j->set->pck_crl->signature) == P256_VALID)
        check_pass(checks, CHECK_PCK_CRL);
    else
        check_fail(checks, CHECK_PCK_CRL, "the intermediate's key did not sign it");
}

static void crl_issuer_check(struct judging *j)
{
    const struct collateral_set *set = j->set;
    struct check_list *checks = &j->verdict->checks;

    if (!j->platform.has_leaf || !j->platform.has_ca) {
        check_miss(checks, CHECK_PCK_CRL_ISSUER, "no PCK certificate or no intermediate");
        return;
    }
    if (memcmp(set->pck_crl_issuer_name, j->platform.issuer_name, SHA256_SIZE) != 0)
        check_fail(checks, CHECK_PCK_CRL_ISSUER,
                   "the CRL was issued by %.*s, which is not the PCK's issuer",
                   (int)MIN(set->pck_crl->issuer_cn.len, (size_t)64),
                   (const char *)set->pck_crl->issuer_cn.data);
    else if (set->has_crl_ca && memcmp(set->crl_ca_key, j->platform.ca_key, P256_KEY_SIZE) != 0)
        check_fail(checks, CHECK_PCK_CRL_ISSUER,
                   "the CRL's issuer has the name of the PCK's issuer, but not its key");
    else
        check_pass(checks, CHECK_PCK_CRL_ISSUER);
}

static void revocation_check(struct check_list *checks, enum check_id id, const struct crl *crl,
                             bool is_valid, const struct serial_copy *serial)
{
    if (!crl || !is_valid)
        check_miss(checks, id, "no valid CRL of its issuer");
    else if (serial->len == 0)
        check_miss(checks, id, "no certificate");
    else if (crl_lists(crl, span_of(serial->bytes, serial->len)))
        check_fail(checks, id, "the certificate is revoked");
    else
        check_pass(checks, id);
}

void judge_chain_revocation(struct judging *j)
{
    struct check_list *checks = &j->verdict->checks;

    if (!j->set)
        return;
    if (j->set->pck_crl) {
        crl_by_quote_check(j);
        crl_issuer_check(j);
    }
    revocation_check(checks, CHECK_PCK_CA_REVOKED, j->set->root_crl,
                     check_passed(checks, CHECK_ROOT_CRL), &j->platform.ca_serial);
    revocation_check(checks, CHECK_PCK_REVOKED, j->set->pck_crl,
                     check_passed(checks, CHECK_PCK_CRL) &&
                         check_passed(checks, CHECK_PCK_CRL_ISSUER),
                     &j->platform.pck_serial);
}
