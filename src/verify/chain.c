/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The anchor of every path is the trusted public key, not a certificate. Intel has issued more than
 * one certificate for the key of its SGX Root CA; each of them is good when it carries that key and
 * its own signature holds. Trust in the key does not need the self-signature. It is checked because
 * the root's dates and extensions count, and nothing else protects them.
 *
 * Chains arrive in any order, with certificates that the path does not need. So the certificates
 * are first sorted into roles: the root is self-issued, the intermediate is a CA, the leaf is
 * neither. The first certificate of a role counts. Then the path is walked from the root down:
 * name, key, extensions, signature. Each test returns NULL or the problem as a constant sentence,
 * which the caller attaches to the check that the test belongs to.
 *
 * The common names are those of Intel's certificates. QVL looks for them as a part of the subject's
 * common name, so that the PCK leaf, the TCB signer and both CAs cannot take each other's place;
 * this file does the same.
 *
 * The PCK path has a check of its own for each certificate (PCK_CHAIN to PCK_EXTENSION), because
 * each has a status of its own in QVL. The collateral's paths have one check each.
 */
#include "verify/chain.h"

#include <string.h>

#define CN_ROOT   "SGX Root CA"
#define CN_CA     "CA"
#define CN_PCK    "SGX PCK Certificate"
#define CN_SIGNER "SGX TCB Signing"

static bool text_has(struct span text, const char *phrase)
{
    return text.len > 0 && memmem(text.data, text.len, phrase, strlen(phrase)) != NULL;
}

struct chain_roles chain_roles_of(const struct x509_chain *chain)
{
    struct chain_roles roles = {0};

    for (size_t i = 0; i < chain->count; i++) {
        const struct x509 *cert = &chain->cert[i];

        if (span_equal(cert->subject, cert->issuer)) {
            if (!roles.root)
                roles.root = cert;
        } else if (cert->is_ca) {
            if (!roles.ca)
                roles.ca = cert;
        } else if (!roles.leaf) {
            roles.leaf = cert;
        }
    }
    return roles;
}

struct chain_dates chain_dates_of(const struct chain_roles *roles)
{
    const struct x509 *certs[] = {roles->leaf, roles->ca, roles->root};
    struct chain_dates d = {.not_before = INT64_MIN, .not_after = INT64_MAX};

    for (uint8_t i = 0; i < ARRAY_COUNT(certs); i++) {
        if (!certs[i])
            continue;
        if (certs[i]->not_before > d.not_before) {
            d.not_before = certs[i]->not_before;
            d.not_before_of = i;
        }
        if (certs[i]->not_after < d.not_after) {
            d.not_after = certs[i]->not_after;
            d.not_after_of = i;
        }
    }
    return d;
}

/* QVL requires these of every certificate: REQUIRED_X509_EXTENSIONS. */
static const char *extensions_problem(const struct x509 *cert)
{
    if (!cert->has_basic_constraints)
        return "no basic constraints";
    if (!cert->has_key_usage)
        return "no key usage";
    if (cert->subject_key_id.len == 0)
        return "no subject key identifier";
    if (cert->authority_key_id.len == 0)
        return "no authority key identifier";
    return cert->crl_url.len == 0 ? "no CRL distribution point" : NULL;
}

static const char *ca_problem(const struct x509 *cert)
{
    const char *problem = extensions_problem(cert);

    if (problem)
        return problem;
    if (!cert->is_ca)
        return "not a CA";
    if (!(cert->key_usage & X509_KEY_CERT_SIGN) || !(cert->key_usage & X509_CRL_SIGN))
        return "key usage lacks signing of certificates or CRLs";
    return NULL;
}

static const char *leaf_problem(const struct x509 *cert)
{
    const char *problem = extensions_problem(cert);

    if (problem)
        return problem;
    if (cert->is_ca || cert->key_usage & (X509_KEY_CERT_SIGN | X509_CRL_SIGN))
        return "an end certificate that may sign certificates";
    return cert->key_usage & X509_DIGITAL_SIGNATURE ? NULL : "key usage lacks digital signature";
}

static const char *signature_problem(enum p256_result result)
{
    if (result == P256_VALID)
        return NULL;
    return result == P256_INVALID ? "its issuer's key did not sign it" : "out of memory";
}

/* @cert was issued by @issuer: name, then signature. */
static const char *issue_problem(struct trust *t, struct p256 *p, const struct x509 *cert,
                                 const struct x509 *issuer)
{
    if (!span_equal(cert->issuer, issuer->subject))
        return "its issuer name does not match the subject of its issuer's certificate";
    return signature_problem(trust_verify(t, p, issuer->key, cert->tbs, cert->signature));
}

static bool root_key_is_trusted(const struct trust *t, const struct x509 *root)
{
    return memcmp(root->key, t->root_key, P256_KEY_SIZE) == 0;
}

static const char *root_problem(struct trust *t, struct p256 *p, const struct x509 *root)
{
    const char *problem = ca_problem(root);

    return problem ? problem
                   : signature_problem(trust_verify(t, p, root->key, root->tbs, root->signature));
}

static const char *ca_cert_problem(struct trust *t, struct p256 *p, const struct x509 *ca,
                                   const struct x509 *root)
{
    const char *problem = ca_problem(ca);

    if (!problem && root->has_path_len && root->path_len < 1)
        problem = "the root's path length allows no intermediate";
    return problem ? problem : issue_problem(t, p, ca, root);
}

/* Both kinds of collateral chain need this root: by name, by key and by its own signature. */
static bool root_is_good(struct trust *t, struct p256 *p, const struct x509 *root,
                         struct check_list *checks, enum check_id id)
{
    const char *problem;

    if (!root || !text_has(root->subject_cn, CN_ROOT)) {
        check_fail(checks, id, "no root certificate named \"%s\" in the chain", CN_ROOT);
        return false;
    }
    if (!root_key_is_trusted(t, root)) {
        check_fail(checks, id, "the root's public key is not the trusted one");
        return false;
    }
    problem = root_problem(t, p, root);
    if (problem)
        check_fail(checks, id, "root: %s", problem);
    return !problem;
}

const struct x509 *chain_signer_check(struct trust *t, struct p256 *p,
                                      const struct chain_roles *roles, struct check_list *checks,
                                      enum check_id id)
{
    const char *problem;

    if (!root_is_good(t, p, roles->root, checks, id))
        return NULL;
    if (!roles->leaf || !text_has(roles->leaf->subject_cn, CN_SIGNER)) {
        check_fail(checks, id, "no signer named \"%s\" in the chain", CN_SIGNER);
        return NULL;
    }
    problem = leaf_problem(roles->leaf);
    if (!problem)
        problem = issue_problem(t, p, roles->leaf, roles->root);
    if (problem) {
        check_fail(checks, id, "signer: %s", problem);
        return NULL;
    }
    check_pass(checks, id);
    return roles->leaf;
}

const struct x509 *chain_ca_check(struct trust *t, struct p256 *p, const struct chain_roles *roles,
                                  struct check_list *checks, enum check_id id)
{
    const char *problem;

    if (!root_is_good(t, p, roles->root, checks, id))
        return NULL;
    if (!roles->ca) {
        check_fail(checks, id, "no intermediate in the CRL's issuer chain");
        return NULL;
    }
    problem = ca_cert_problem(t, p, roles->ca, roles->root);
    if (problem) {
        check_fail(checks, id, "intermediate: %s", problem);
        return NULL;
    }
    return roles->ca;
}

static void serial_copy(struct span serial, struct serial_copy *to)
{
    memcpy(to->bytes, serial.data, serial.len);
    to->len = (uint8_t)serial.len;
}

static void platform_fill(const struct chain_roles *roles, struct pck_platform *to)
{
    struct chain_dates dates = chain_dates_of(roles);

    to->not_before = dates.not_before;
    to->not_after = dates.not_after;
    to->not_before_of = dates.not_before_of;
    to->not_after_of = dates.not_after_of;
    if (roles->leaf) {
        to->has_leaf = true;
        memcpy(to->pck_key, roles->leaf->key, P256_KEY_SIZE);
        hash_sha256(roles->leaf->issuer, to->issuer_name);
        serial_copy(roles->leaf->serial, &to->pck_serial);
    }
    if (roles->ca) {
        to->has_ca = true;
        memcpy(to->ca_key, roles->ca->key, P256_KEY_SIZE);
        hash_sha256(roles->ca->subject, to->ca_name);
        serial_copy(roles->ca->serial, &to->ca_serial);
    }
}

static void presence_check(const struct chain_roles *r, struct check_list *checks)
{
    if (!r->root || !text_has(r->root->subject_cn, CN_ROOT))
        check_fail(checks, CHECK_PCK_CHAIN, "no root certificate named \"%s\"", CN_ROOT);
    else if (!r->ca || !text_has(r->ca->subject_cn, CN_CA))
        check_fail(checks, CHECK_PCK_CHAIN, "no intermediate CA certificate");
    else if (!r->leaf || !text_has(r->leaf->subject_cn, CN_PCK))
        check_fail(checks, CHECK_PCK_CHAIN, "no certificate named \"%s\"", CN_PCK);
    else
        check_pass(checks, CHECK_PCK_CHAIN);
}

static void outcome_set(struct check_list *checks, enum check_id id, const char *problem)
{
    if (problem)
        check_fail(checks, id, "%s", problem);
    else
        check_pass(checks, id);
}

static void path_check(struct trust *t, struct p256 *p, const struct chain_roles *r,
                       struct check_list *checks)
{
    const char *problem;

    if (r->root) {
        outcome_set(checks, CHECK_ROOT_KEY,
                    root_key_is_trusted(t, r->root)
                        ? NULL
                        : "the root's public key is not the trusted one");
        outcome_set(checks, CHECK_ROOT_CERT, root_problem(t, p, r->root));
    }
    if (r->root && r->ca)
        outcome_set(checks, CHECK_PCK_CA_CERT, ca_cert_problem(t, p, r->ca, r->root));
    if (!r->leaf)
        return;
    problem = leaf_problem(r->leaf);
    if (!problem && r->ca)
        problem = !span_equal(r->leaf->issuer, r->ca->subject)
                      ? "its issuer name does not match the intermediate's subject"
                      : signature_problem(x509_is_signed_by(r->leaf, r->ca->key, p));
    if (problem || r->ca)
        outcome_set(checks, CHECK_PCK_CERT, problem);
}

void chain_pck_check(struct trust *t, struct p256 *p, const struct chain_roles *roles,
                     struct check_list *checks, struct pck_platform *ret)
{
    struct err err = {0};

    memset(ret, 0, sizeof(*ret));
    platform_fill(roles, ret);
    presence_check(roles, checks);
    path_check(t, p, roles, checks);
    if (roles->leaf && pck_extension_parse(roles->leaf->sgx, &ret->pck, &err) == 0) {
        ret->has_extension = true;
        check_pass(checks, CHECK_PCK_EXTENSION);
    } else if (roles->leaf) {
        check_fail(checks, CHECK_PCK_EXTENSION, "%s",
                   roles->leaf->sgx.len ? err.text : "the certificate has no SGX extension");
    }
    ret->is_verified = true;
    for (int id = CHECK_PCK_CHAIN; id <= CHECK_PCK_EXTENSION; id++) {
        check_miss(checks, (enum check_id)id, "a certificate is missing");
        ret->is_verified &= check_passed(checks, (enum check_id)id);
    }
}
