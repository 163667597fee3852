/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_quotes.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "software/identity.h"

enum {
    QUOTE_MADE_MAX = 16 * 1024, /* bytes */
};

void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(EXIT_FAILURE);
}

static void bundle_fill(struct fleet *f)
{
    f->bundle.piece[BUNDLE_TCB_INFO] = buf_span(&f->pieces.tcb_info);
    f->bundle.piece[BUNDLE_QE_IDENTITY] = buf_span(&f->pieces.qe_identity);
    f->bundle.piece[BUNDLE_PCK_CRL] = buf_span(&f->pieces.pck_crl);
    f->bundle.piece[BUNDLE_ROOT_CA_CRL] = buf_span(&f->pieces.root_crl);
    f->bundle.piece[BUNDLE_TCB_INFO_CHAIN] = buf_span(&f->pieces.signing_chain);
    f->bundle.piece[BUNDLE_QE_IDENTITY_CHAIN] = buf_span(&f->pieces.signing_chain);
    f->bundle.piece[BUNDLE_PCK_CRL_CHAIN] = buf_span(&f->pieces.pck_crl_chain);
}

void fleet_init(struct fleet *f)
{
    struct err err = {0};

    *f = (struct fleet){.dir = "/tmp/coffer-bench-XXXXXX", .now = clock_unix_s()};
    must(mkdtemp(f->dir), "temporary directory");
    must(software_authority_load_or_create(f->dir, f->now, &f->ca, &err) == 0, err.text);
    must(software_collateral_make(f->ca, SOFTWARE_PLATFORM_CA, f->now, &f->pieces, &err) == 0,
         err.text);
    must(verifier_root_key_parse(software_authority_certificate(f->ca, SOFTWARE_ROOT), f->root_key,
                                 &err) == 0,
         err.text);
    bundle_fill(f);
}

void fleet_done(struct fleet *f)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", f->dir, SOFTWARE_AUTHORITY_FILE);
    unlink(path);
    rmdir(f->dir);
    software_authority_free(f->ca);
    software_collateral_done(&f->pieces);
}

void node_init(struct fleet *f, struct node *n)
{
    struct pck_extension x = {.pcesvn = SOFTWARE_PCESVN};
    struct err err = {0};

    memcpy(x.fmspc, SOFTWARE_FMSPC, sizeof(x.fmspc));
    memset(x.comp_svn, SOFTWARE_COMPONENT_SVN, sizeof(x.comp_svn));
    memset(x.cpusvn, SOFTWARE_COMPONENT_SVN, sizeof(x.cpusvn));
    x.has_platform_instance_id = true;
    x.has_configuration = true;
    n->attestation = NULL;
    n->chain = buf_init(SOFTWARE_CHAIN_MAX);
    must(ec_key_new(&n->pck, &err) == 0, err.text);
    must(software_authority_issue_pck(f->ca, SOFTWARE_PLATFORM_CA, &x, ec_key_public(n->pck),
                                      f->now, &n->chain, &err) == 0,
         err.text);
}

void node_done(struct node *n)
{
    ec_key_free(n->pck);
    buf_done(&n->chain);
}

static struct sgx_report_body qe_report_of(struct ec_key *attestation, struct span auth)
{
    struct sgx_report_body qe = {
        .attributes.flags = SGX_ATTRIBUTE_INIT | SGX_ATTRIBUTE_PROVISIONKEY,
        .isv_prod_id = SOFTWARE_QE_PRODUCT,
        .isv_svn = SOFTWARE_QE_SVN,
    };

    memcpy(qe.mrsigner, SOFTWARE_QE_MRSIGNER, sizeof(qe.mrsigner));
    hash_sha256_two(span_of(ec_key_public(attestation), EC_PUBLIC_SIZE), auth, qe.report_data);
    return qe;
}

struct buf node_quote(struct node *n, struct ec_key *attestation, uint32_t serial)
{
    static const uint8_t auth_data[32];
    struct buf out = buf_init(QUOTE_MADE_MAX);
    uint8_t signature[EC_SIGNATURE_SIZE] = {0}, qe_report[SGX_REPORT_BODY_SIZE];
    struct quote q = {.header = {.version = QUOTE_VERSION_3, .key_type = QUOTE_KEY_ECDSA_P256},
                      .body_type = QUOTE_BODY_SGX,
                      .enclave.isv_svn = 1};
    struct err err = {0};

    memcpy(q.header.vendor_id, QUOTE_VENDOR_INTEL, sizeof(QUOTE_VENDOR_INTEL));
    memcpy(q.enclave.report_data, &serial, sizeof(serial));
    q.auth.qe = qe_report_of(attestation, span_of(auth_data, sizeof(auth_data)));
    sgx_report_body_render(&q.auth.qe, qe_report);
    if (n->attestation != attestation)
        must(ec_key_sign(n->pck, span_of(qe_report, sizeof(qe_report)), n->qe_signature, &err) == 0,
             err.text);
    n->attestation = attestation;
    q.auth.qe_report_signature = span_of(n->qe_signature, sizeof(n->qe_signature));
    q.auth.key = span_of(ec_key_public(attestation), EC_PUBLIC_SIZE);
    q.auth.qe_auth_data = span_of(auth_data, sizeof(auth_data));
    q.auth.cert_type = QUOTE_CERT_PCK_CHAIN;
    q.auth.cert_data = buf_span(&n->chain);
    q.auth.signature = span_of(signature, sizeof(signature));
    quote_render(&q, &out);
    must(ec_key_sign(attestation, span_sub(buf_span(&out), 0, 432), signature, &err) == 0,
         err.text);
    buf_clear(&out);
    quote_render(&q, &out);
    must(buf_status(&out) == 0, "no memory for a quote");
    return out;
}
