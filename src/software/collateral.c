/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collateral has the form of Intel's: version 3 TCB info, version 2 QE identity, two CRLs and
 * the issuer chains, each signed by the member of the authority that signs its counterpart at
 * Intel. Every document has two TCB levels, a current one and an old one that is out of date, so
 * that a test can show both verdicts by choosing a node's SVNs.
 *
 * Nothing is stored between two issues: the pieces are functions of the authority and the time. The
 * CRL number is the time of issue, which only grows. All pieces are dated a minute back, since
 * verifiers refuse a document from their future.
 *
 * Files are written in the order in which a verifier would miss them least: the root first, the
 * documents that change their meaning last.
 */
#include "software/collateral.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "codec/json_writer.h"
#include "crypto/cert_make.h"
#include "crypto/pck_extension.h"
#include "software/identity.h"

enum {
    PATH_SIZE = 4096,
    DIRECTORY_MODE = 0755,
    FILE_MODE = 0644,
    BACKDATED_S = 60, /* verifiers refuse what is issued in their future */
    ROOT_CRL_LIFE_S = 365 * 24 * 60 * 60,
};

#define TCB_DATE         "2026-11-01T00:00:00Z"
#define OLD_TCB_DATE     "2026-01-01T00:00:00Z"
#define OLD_TCB_ADVISORY "COFFER-SA-00001"

static void dates_put(struct json_writer *w, int64_t now_s)
{
    char text[CLOCK_RFC3339_SIZE];

    json_writer_member_string(w, "issueDate", clock_render(now_s - BACKDATED_S, text));
    json_writer_member_string(w, "nextUpdate",
                              clock_render(now_s + SOFTWARE_COLLATERAL_LIFE_S, text));
}

static void level_end_put(struct json_writer *w, bool is_current)
{
    json_writer_member_string(w, "tcbDate", is_current ? TCB_DATE : OLD_TCB_DATE);
    json_writer_member_string(w, "tcbStatus", is_current ? "UpToDate" : "OutOfDate");
    if (!is_current) {
        json_writer_key(w, "advisoryIDs");
        json_writer_array_begin(w);
        json_writer_string(w, OLD_TCB_ADVISORY);
        json_writer_array_end(w);
    }
    json_writer_object_end(w);
}

static void tcb_level_put(struct json_writer *w, bool is_current)
{
    json_writer_object_begin(w);
    json_writer_key(w, "tcb");
    json_writer_object_begin(w);
    json_writer_key(w, "sgxtcbcomponents");
    json_writer_array_begin(w);
    for (size_t i = 0; i < TCB_COMPONENT_COUNT; i++) {
        json_writer_object_begin(w);
        json_writer_member_uint(w, "svn", is_current ? SOFTWARE_COMPONENT_SVN : 0);
        json_writer_object_end(w);
    }
    json_writer_array_end(w);
    json_writer_member_uint(w, "pcesvn", is_current ? SOFTWARE_PCESVN : 0);
    json_writer_object_end(w);
    level_end_put(w, is_current);
}

static void tcb_info_put(struct buf *out, int64_t now_s)
{
    struct json_writer w = json_writer_of(out, false);

    json_writer_object_begin(&w);
    json_writer_member_string(&w, "id", "SGX");
    json_writer_member_uint(&w, "version", 3);
    dates_put(&w, now_s);
    json_writer_member_hex(&w, "fmspc", span_of(SOFTWARE_FMSPC, SOFTWARE_FMSPC_SIZE));
    json_writer_member_string(&w, "pceId", "0000");
    json_writer_member_uint(&w, "tcbType", 0);
    json_writer_member_uint(&w, "tcbEvaluationDataNumber", SOFTWARE_TCB_EVALUATION_NUMBER);
    json_writer_key(&w, "tcbLevels");
    json_writer_array_begin(&w);
    tcb_level_put(&w, true);
    tcb_level_put(&w, false);
    json_writer_array_end(&w);
    json_writer_object_end(&w);
}

static void qe_level_put(struct json_writer *w, bool is_current)
{
    json_writer_object_begin(w);
    json_writer_key(w, "tcb");
    json_writer_object_begin(w);
    json_writer_member_uint(w, "isvsvn", is_current ? SOFTWARE_QE_SVN : 0);
    json_writer_object_end(w);
    level_end_put(w, is_current);
}

static void qe_identity_put(struct buf *out, int64_t now_s)
{
    struct json_writer w = json_writer_of(out, false);

    json_writer_object_begin(&w);
    json_writer_member_string(&w, "id", "QE");
    json_writer_member_uint(&w, "version", 2);
    dates_put(&w, now_s);
    json_writer_member_uint(&w, "tcbEvaluationDataNumber", SOFTWARE_TCB_EVALUATION_NUMBER);
    json_writer_member_string(&w, "miscselect", "00000000");
    json_writer_member_string(&w, "miscselectMask", "FFFFFFFF");
    json_writer_member_string(&w, "attributes", "11000000000000000000000000000000");
    json_writer_member_string(&w, "attributesMask", "FBFFFFFFFFFFFFFF0000000000000000");
    json_writer_member_hex(&w, "mrsigner", span_of(SOFTWARE_QE_MRSIGNER, SOFTWARE_HASH_SIZE));
    json_writer_member_uint(&w, "isvprodid", SOFTWARE_QE_PRODUCT);
    json_writer_key(&w, "tcbLevels");
    json_writer_array_begin(&w);
    qe_level_put(&w, true);
    qe_level_put(&w, false);
    json_writer_array_end(&w);
    json_writer_object_end(&w);
}

/* {"NAME":BODY,"signature":"r||s over BODY as it stands here"} */
static int signed_put(const struct software_authority *ca, const char *name, struct span body,
                      struct buf *out, struct err *err)
{
    uint8_t signature[EC_SIGNATURE_SIZE];
    int r = ec_key_sign(software_authority_key(ca, SOFTWARE_SIGNING), body, signature, err);

    if (r < 0)
        return r;
    buf_printf(out, "{\"%s\":", name);
    buf_put(out, body);
    buf_put_str(out, ",\"signature\":\"");
    buf_put_hex(out, span_of(signature, sizeof(signature)));
    buf_put_str(out, "\"}");
    r = buf_status(out);
    return r < 0 ? err_set(err, r, "%s", name) : 0;
}

static int json_pieces_put(const struct software_authority *ca, int64_t now_s,
                           struct software_collateral *c, struct err *err)
{
    CLEANUP(buf_done) struct buf tcb = buf_init(SOFTWARE_PIECE_MAX);
    CLEANUP(buf_done) struct buf qe = buf_init(SOFTWARE_PIECE_MAX);
    int r;

    tcb_info_put(&tcb, now_s);
    qe_identity_put(&qe, now_s);
    if (buf_status(&tcb) < 0 || buf_status(&qe) < 0)
        return err_set(err, -ENOMEM, "collateral");
    r = signed_put(ca, "tcbInfo", buf_span(&tcb), &c->tcb_info, err);
    if (r < 0)
        return r;
    return signed_put(ca, "enclaveIdentity", buf_span(&qe), &c->qe_identity, err);
}

static int crls_put(const struct software_authority *ca, enum software_issuer issuer, int64_t now_s,
                    struct software_collateral *c, struct err *err)
{
    bool is_platform = issuer == SOFTWARE_PLATFORM_CA;
    struct crl_spec root = {
        .issuer = {SOFTWARE_CN_ROOT, SOFTWARE_ORGANIZATION},
        .this_update = now_s - BACKDATED_S,
        .next_update = now_s + ROOT_CRL_LIFE_S,
        .number = (uint32_t)now_s,
    };
    struct crl_spec pck = root;
    int r = cert_make_crl(&root, software_authority_key(ca, SOFTWARE_ROOT), &c->root_crl, err);

    if (r < 0)
        return r;
    pck.issuer.common_name = is_platform ? SOFTWARE_CN_PLATFORM : SOFTWARE_CN_PROCESSOR;
    pck.next_update = now_s + SOFTWARE_COLLATERAL_LIFE_S;
    return cert_make_crl(
        &pck, software_authority_key(ca, is_platform ? SOFTWARE_PLATFORM : SOFTWARE_PROCESSOR),
        &c->pck_crl, err);
}

int software_collateral_make(const struct software_authority *ca, enum software_issuer issuer,
                             int64_t now_s, struct software_collateral *ret, struct err *err)
{
    struct buf empty = buf_init(SOFTWARE_PIECE_MAX);
    struct span no_leaf = span_of(NULL, 0);
    int r;

    *ret = (struct software_collateral){empty, empty, empty, empty, empty, empty, empty};
    r = json_pieces_put(ca, now_s, ret, err);
    if (r < 0)
        return r;
    r = crls_put(ca, issuer, now_s, ret, err);
    if (r < 0)
        return r;
    software_authority_put_chain(ca, no_leaf, SOFTWARE_SIGNING, &ret->signing_chain);
    software_authority_put_chain(
        ca, no_leaf, issuer == SOFTWARE_PLATFORM_CA ? SOFTWARE_PLATFORM : SOFTWARE_PROCESSOR,
        &ret->pck_crl_chain);
    software_authority_put_chain(ca, no_leaf, SOFTWARE_ROOT, &ret->root);
    if (buf_status(&ret->signing_chain) < 0 || buf_status(&ret->pck_crl_chain) < 0 ||
        buf_status(&ret->root) < 0)
        return err_set(err, -ENOMEM, "collateral");
    return 0;
}

void software_collateral_done(struct software_collateral *c)
{
    buf_done(&c->tcb_info);
    buf_done(&c->qe_identity);
    buf_done(&c->pck_crl);
    buf_done(&c->root_crl);
    buf_done(&c->signing_chain);
    buf_done(&c->pck_crl_chain);
    buf_done(&c->root);
}

int software_collateral_store(const struct software_collateral *c, const char *dir, struct err *err)
{
    const struct {
        const char *name;
        const struct buf *content;
    } files[] = {
        {"root.pem", &c->root},
        {"rootcrl.der", &c->root_crl},
        {"pckcrlchain.pem", &c->pck_crl_chain},
        {"pckcrl.der", &c->pck_crl},
        {"tcbchain.pem", &c->signing_chain},
        {"qeidchain.pem", &c->signing_chain},
        {"tcbinfo.json", &c->tcb_info},
        {"qeid.json", &c->qe_identity},
    };
    int r = fd_make_dirs(dir, DIRECTORY_MODE, err);

    for (size_t i = 0; r == 0 && i < ARRAY_COUNT(files); i++) {
        char path[PATH_SIZE];

        if (snprintf(path, sizeof(path), "%s/%s", dir, files[i].name) >= PATH_SIZE)
            return err_set(err, -ENAMETOOLONG, "%s", dir);
        r = fd_write_file(path, buf_span(files[i].content), FILE_MODE, err);
    }
    return r;
}
