/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collateral in JSON: TCB info, enclave identities and evaluation numbers as Intel's service sends
 * them (an object with the signed object and its signature), the signed object alone, and the one
 * file form of coffer verify (--collateral=FILE) with all pieces. Member names decide which of them
 * a text is, since no two kinds share one; a file's name never does.
 *
 * The parsers of collateral/ do the reading, so `coffer inspect` cannot show what the verifier
 * would refuse to parse. A piece of a bundle that cannot be read is a problem of that piece: the
 * others are shown all the same.
 */
#include <errno.h>

#include "base/clock.h"
#include "cmd/inspect.h"
#include "codec/json.h"
#include "collateral/evaluation.h"
#include "collateral/enclave_identity.h"
#include "collateral/served.h"
#include "collateral/signed_json.h"
#include "collateral/tcb_info.h"
#include "crypto/crl.h"

enum json_kind {
    JSON_KIND_NONE = 0,
    JSON_KIND_TCB_INFO, /* this and the next two: a body with its signature */
    JSON_KIND_IDENTITY,
    JSON_KIND_EVALUATION,
    JSON_KIND_TCB_INFO_INNER,
    JSON_KIND_IDENTITY_INNER,
    JSON_KIND_EVALUATION_INNER,
    JSON_KIND_BUNDLE,
};

/* The first of these members decides. Those of inner objects occur in no other kind. */
static const struct {
    const char *member;
    enum json_kind kind;
} members[] = {
    {"tcbInfo", JSON_KIND_TCB_INFO},
    {"enclaveIdentity", JSON_KIND_IDENTITY},
    {"tcbEvaluationDataNumbers", JSON_KIND_EVALUATION},
    {"fmspc", JSON_KIND_TCB_INFO_INNER},
    {"isvprodid", JSON_KIND_IDENTITY_INNER},
    {"tcbEvalNumbers", JSON_KIND_EVALUATION_INNER},
    {"tcb_info", JSON_KIND_BUNDLE},
    {"qe_identity", JSON_KIND_BUNDLE},
    {"pck_crl", JSON_KIND_BUNDLE},
    {"root_ca_crl", JSON_KIND_BUNDLE},
    {"tcb_info_issuer_chain", JSON_KIND_BUNDLE},
    {"pck_crl_issuer_chain", JSON_KIND_BUNDLE},
};

static enum json_kind kind_of_member(struct span key)
{
    for (size_t i = 0; i < ARRAY_COUNT(members); i++)
        if (span_equal_str(key, members[i].member))
            return members[i].kind;
    return JSON_KIND_NONE;
}

static int kind_find(struct span text, enum json_kind *ret, struct err *err)
{
    struct json_reader r = json_reader_of(text);
    struct span key;
    int failed;

    *ret = JSON_KIND_NONE;
    json_enter_object(&r);
    while (json_next_member(&r, &key)) {
        if (*ret == JSON_KIND_NONE)
            *ret = kind_of_member(key);
        json_skip(&r);
    }
    failed = json_reader_done(&r, err);
    if (failed < 0)
        return failed;
    if (*ret == JSON_KIND_NONE)
        return err_set(err, -EBADMSG,
                       "neither TCB info, identity, evaluation numbers nor collateral");
    return 0;
}

static void common_put(struct account *a, const struct tcb_level_common *c)
{
    account_text(a, "tcb_status", c->status_text, c->status_text);
    account_time(a, "tcb_date", c->tcb_date);
    account_words(a, "advisory_ids", c->advisories, c->advisory_count);
}

static void isvsvn_levels_put(struct account *a, const struct isvsvn_level *levels, size_t count)
{
    account_list(a, "tcb_levels");
    for (size_t i = 0; i < count; i++) {
        account_item(a, "level", i + 1, span_of(NULL, 0));
        account_number(a, "isvsvn", levels[i].isvsvn, span_of(NULL, 0));
        common_put(a, &levels[i].common);
        account_end(a);
    }
    account_list_end(a);
}

static void components_put(struct account *a, const char *name, const struct tcb_component *c)
{
    account_list(a, name);
    for (size_t i = 0; i < 16; i++) {
        if (c[i].category.len == 0 && c[i].type.len == 0)
            continue;
        account_item(a, name, i + 1, span_of(NULL, 0));
        if (a->json)
            account_number(a, "number", i + 1, span_of(NULL, 0));
        account_text(a, "category", c[i].category, c[i].category);
        if (c[i].type.len)
            account_text(a, "type", c[i].type, c[i].type);
        account_end(a);
    }
    account_list_end(a);
}

static void modules_put(struct account *a, const struct tcb_info *info)
{
    if (info->has_module) {
        account_begin(a, "tdx_module", span_of(NULL, 0));
        account_hex(a, "mrsigner", span_of(info->module_mrsigner, sizeof(info->module_mrsigner)));
        account_hex(a, "attributes", span_of(info->module_attributes, 8));
        account_hex(a, "mask", span_of(info->module_attributes_mask, 8));
        account_end(a);
    }
    account_list(a, "tdx_module_identities");
    for (size_t i = 0; i < info->module_count; i++) {
        const struct tcb_info_module *m = &info->modules[i];

        account_item(a, "tdx_module_identity", i + 1, span_of(NULL, 0));
        account_text(a, "id", m->id, m->id);
        account_hex(a, "mrsigner", span_of(m->mrsigner, sizeof(m->mrsigner)));
        account_hex(a, "attributes", span_of(m->attributes, sizeof(m->attributes)));
        account_hex(a, "mask", span_of(m->attributes_mask, sizeof(m->attributes_mask)));
        isvsvn_levels_put(a, m->levels, m->level_count);
        account_end(a);
    }
    account_list_end(a);
}

static void tcb_levels_put(struct account *a, const struct tcb_info *info)
{
    account_list(a, "tcb_levels");
    for (size_t i = 0; i < info->level_count; i++) {
        const struct tcb_info_level *level = &info->levels[i];

        account_item(a, "level", i + 1, span_of(NULL, 0));
        account_svns(a, "sgx_svns", level->sgx, sizeof(level->sgx));
        account_number(a, "pcesvn", level->pcesvn, span_of(NULL, 0));
        if (info->id == TCB_INFO_TDX)
            account_svns(a, "tdx_svns", level->tdx, sizeof(level->tdx));
        common_put(a, &level->common);
        account_end(a);
    }
    account_list_end(a);
}

/* The parsed object points into its own copy of the text, so its fields have no place in the file.
 */
static int tcb_info_put(struct account *a, struct span inner, struct err *err)
{
    CLEANUP(tcb_info_freep) struct tcb_info *info = NULL;
    int r = tcb_info_new(inner, &info, err);

    if (r < 0)
        return r;
    account_string(a, "kind", "tcb_info");
    account_begin(a, "tcb_info", inner);
    account_string(a, "id", info->id == TCB_INFO_TDX ? "TDX" : "SGX");
    account_number(a, "version", info->version, span_of(NULL, 0));
    account_time(a, "issue_date", info->issue_date);
    account_time(a, "next_update", info->next_update);
    account_hex(a, "fmspc", span_of(info->fmspc, sizeof(info->fmspc)));
    account_hex(a, "pceid", span_of(info->pceid, sizeof(info->pceid)));
    account_number(a, "evaluation", info->evaluation_number, span_of(NULL, 0));
    components_put(a, "sgx_component", info->sgx_component);
    components_put(a, "tdx_component", info->tdx_component);
    modules_put(a, info);
    tcb_levels_put(a, info);
    account_end(a);
    return 0;
}

static int identity_put(struct account *a, struct span inner, struct err *err)
{
    CLEANUP(enclave_identity_freep) struct enclave_identity *id = NULL;
    int r = enclave_identity_new(inner, &id, err);

    if (r < 0)
        return r;
    account_string(a, "kind", "identity");
    account_begin(a, "identity", inner);
    account_string(a, "id", enclave_identity_id_name(id->id));
    account_number(a, "version", id->version, span_of(NULL, 0));
    account_time(a, "issue_date", id->issue_date);
    account_time(a, "next_update", id->next_update);
    account_number(a, "evaluation", id->evaluation_number, span_of(NULL, 0));
    account_number(a, "miscselect", id->miscselect, span_of(NULL, 0));
    account_number(a, "misc_mask", id->miscselect_mask, span_of(NULL, 0));
    account_hex(a, "attributes", span_of(id->attributes, sizeof(id->attributes)));
    account_hex(a, "mask", span_of(id->attributes_mask, sizeof(id->attributes_mask)));
    account_hex(a, "mrsigner", span_of(id->mrsigner, sizeof(id->mrsigner)));
    account_number(a, "isvprodid", id->isvprodid, span_of(NULL, 0));
    isvsvn_levels_put(a, id->levels, id->level_count);
    account_end(a);
    return 0;
}

static int evaluation_put(struct account *a, struct span inner, struct err *err)
{
    struct evaluation e;
    int r = evaluation_parse(inner, &e, err);

    if (r < 0)
        return r;
    account_string(a, "kind", "evaluation_numbers");
    account_begin(a, "evaluation_numbers", inner);
    account_text(a, "id", e.id, e.id);
    account_number(a, "version", e.version, span_of(NULL, 0));
    account_time(a, "issue_date", e.issue_date);
    account_time(a, "next_update", e.next_update);
    account_list(a, "numbers");
    for (size_t i = 0; i < e.count; i++) {
        account_item(a, "entry", i + 1, span_of(NULL, 0));
        account_number(a, "number", e.numbers[i].number, span_of(NULL, 0));
        account_time(a, "tcb_date", e.numbers[i].tcb_date);
        account_time(a, "event_date", e.numbers[i].recovery_event_date);
        account_end(a);
    }
    account_list_end(a);
    account_end(a);
    return 0;
}

typedef int (*inner_put)(struct account *a, struct span inner, struct err *err);

static inner_put inner_writer(enum json_kind kind)
{
    if (kind == JSON_KIND_TCB_INFO || kind == JSON_KIND_TCB_INFO_INNER)
        return tcb_info_put;
    if (kind == JSON_KIND_IDENTITY || kind == JSON_KIND_IDENTITY_INNER)
        return identity_put;
    return evaluation_put;
}

static int signed_put(struct account *a, struct span text, const char *member, enum json_kind kind,
                      struct err *err)
{
    struct signed_json body;
    int r = signed_json_parse(text, member, &body, err);

    if (r < 0)
        return err_wrap(err, "%s", member);
    r = inner_writer(kind)(a, body.inner, err);
    if (r == 0)
        account_hex(a, "signature", span_of(body.signature, sizeof(body.signature)));
    return r;
}

/* One piece is one group, which also says what is wrong with the piece. */
static void piece_put(struct account *a, const char *name, enum bundle_piece piece,
                      struct span bytes)
{
    struct err err = {0};
    int r = 0;

    if (bytes.len == 0)
        return;
    account_begin(a, name, span_of(NULL, 0));
    switch (piece) {
    case BUNDLE_TCB_INFO:
    case BUNDLE_QE_IDENTITY:
        r = inspect_json(a, bytes, &err);
        break;
    case BUNDLE_PCK_CRL:
    case BUNDLE_ROOT_CA_CRL:
        r = inspect_crl(a, bytes, &err);
        break;
    case BUNDLE_TCB_INFO_CHAIN:
    case BUNDLE_QE_IDENTITY_CHAIN:
    case BUNDLE_PCK_CRL_CHAIN:
    case BUNDLE_PCK_CHAIN:
        inspect_chain_fields(a, bytes);
        break;
    case BUNDLE_TCB_INFO_SIGNATURE:
    case BUNDLE_QE_IDENTITY_SIGNATURE:
        account_text(a, "hex", bytes, span_of(NULL, 0));
        break;
    case BUNDLE_PIECE_COUNT:
        break;
    }
    if (r < 0)
        account_problem(a, r, err.text);
    account_end(a);
}

static void pieces_put(struct account *a, const struct bundle *bundle)
{
    struct span wire = a->wire;

    account_string(a, "kind", "collateral");
    a->wire = span_of(NULL, 0);
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        piece_put(a, bundle_member((enum bundle_piece)i), (enum bundle_piece)i, bundle->piece[i]);
    a->wire = wire;
}

static int bundle_put(struct account *a, struct span text, struct err *err)
{
    CLEANUP(buf_done) struct buf into = buf_init(BUNDLE_SIZE_MAX);
    CLEANUP(buf_done) struct buf decoded = buf_init(BUNDLE_SIZE_MAX);
    struct bundle bundle = {0};
    int r = bundle_parse_json(text, &into, &bundle, err);

    if (r == 0)
        r = served_bundle(&bundle, &decoded, &bundle, err);
    if (r < 0)
        return r;
    pieces_put(a, &bundle);
    return 0;
}

int inspect_flat(struct account *a, struct span file, struct err *err)
{
    CLEANUP(buf_done) struct buf decoded = buf_init(BUNDLE_SIZE_MAX);
    struct bundle bundle = {0};
    int r = served_flat_parse(file, &bundle, err);

    if (r == 0)
        r = served_bundle(&bundle, &decoded, &bundle, err);
    if (r < 0)
        return r;
    pieces_put(a, &bundle);
    return 0;
}

int inspect_json(struct account *a, struct span text, struct err *err)
{
    enum json_kind kind;
    int r = kind_find(text, &kind, err);

    if (r < 0)
        return r;
    switch (kind) {
    case JSON_KIND_TCB_INFO:
        return signed_put(a, text, "tcbInfo", kind, err);
    case JSON_KIND_IDENTITY:
        return signed_put(a, text, "enclaveIdentity", kind, err);
    case JSON_KIND_EVALUATION:
        return signed_put(a, text, "tcbEvaluationDataNumbers", kind, err);
    case JSON_KIND_TCB_INFO_INNER:
    case JSON_KIND_IDENTITY_INNER:
    case JSON_KIND_EVALUATION_INNER:
        return inner_writer(kind)(a, text, err);
    case JSON_KIND_BUNDLE:
        return bundle_put(a, text, err);
    case JSON_KIND_NONE:
        break;
    }
    return err_set(err, -EBADMSG, "no TCB info, identity, evaluation numbers or collateral");
}
