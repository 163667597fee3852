/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body is walked twice: once to cut its members out, because the issuer chains may come after the
 * objects that they sign, and once to take each object. All of it happens in one transaction, so
 * the first object that is not genuine undoes the objects before it.
 *
 * Signed JSON stands in the body as an object and not as text. A client that parsed and wrote it
 * anew may have put blanks between its members (Python's json module does), while Intel signed it
 * without blanks. So an object whose signature does not hold as it stands is tried once more
 * without the blanks. Nothing else about it is repaired.
 */
#include "pccs/upload.h"

#include <ctype.h>
#include <errno.h>

#include "base/macros.h"
#include "base/text.h"
#include "codec/json.h"
#include "crypto/crl.h"
#include "net/http/target.h"
#include "pccs/catalog.h"

enum {
    MEMBERS_MAX = 16,
    TEXT_SIZE_MAX = 64 * 1024,
};

/** struct slice - a member's value as it stands in the body */
struct slice {
    const char *name;
    struct span json; /* empty when the member is absent */
};

static int slices_cut(struct span object, struct slice *slices, size_t count, struct err *err)
{
    struct json_reader r = json_reader_of(object);
    struct span key;

    json_enter_object(&r);
    while (json_next_member(&r, &key)) {
        size_t i = 0;

        while (i < count && !span_equal_str(key, slices[i].name))
            i++;
        if (i < count && slices[i].json.len > 0)
            json_fail_member(&r, slices[i].name, "occurs twice");
        else if (i < count)
            slices[i].json = json_skip(&r);
        else
            (void)json_skip(&r);
    }
    return json_reader_done(&r, err);
}

/* The text of a slice, with its escapes resolved. An absent or null member is empty. */
static int slice_text(const struct slice *s, struct buf *out, struct err *err)
{
    struct json_reader r = json_reader_of(s->json);
    int code;

    buf_clear(out);
    if (s->json.len == 0 || span_equal_str(s->json, "null"))
        return 0;
    (void)json_text_decoded(&r, out);
    code = json_reader_done(&r, err);
    if (code == 0)
        code = buf_status(out) < 0 ? err_set(err, buf_status(out), "text") : 0;
    return code < 0 ? err_wrap(err, "member %s", s->name) : 0;
}

static int slice_chain(const struct slice *s, struct buf *out, struct err *err)
{
    CLEANUP(buf_done) struct buf encoded = buf_init(TEXT_SIZE_MAX);
    int r = slice_text(s, &encoded, err);

    buf_clear(out);
    if (r < 0)
        return r;
    if (!http_target_decode(buf_span(&encoded), out))
        return err_set(err, -EBADMSG, "member %s is not percent-encoded text of up to %d bytes",
                       s->name, TEXT_SIZE_MAX);
    return 0;
}

/* -- items -- */

/* To whom uploads it, an unreadable piece is one that is not genuine. */
static int unreadable_set(struct err *err)
{
    (void)err_wrap(err, "unreadable");
    if (err)
        err->code = -EKEYREJECTED;
    return -EKEYREJECTED;
}

static int item_store(const struct pccs_upload *u, const struct pccs_put *put, struct err *err)
{
    char name[PCCS_ITEM_NAME_SIZE];
    int r = pccs_catalog_put(u->store, put, err);

    if (r < 0 || put->item.kind != PCCS_TCB_SGX)
        return r;
    pccs_item_name(&put->item, name);
    return pccs_platform_forget_choices(
        u->store, span_of(name + sizeof("tcb/sgx/") - 1, 2 * (size_t)PCCS_FMSPC_SIZE), err);
}

/* Every CRL is kept as DER, whatever form it came in. */
static int crl_store(const struct pccs_upload *u, struct pccs_put *put, struct err *err)
{
    struct crl crl;
    int r = crl_parse(put->body, &crl, err);

    if (r < 0)
        return r;
    put->body = buf_span(&crl.bytes);
    r = item_store(u, put, err);
    crl_done(&crl);
    return r;
}

int pccs_upload_item(const struct pccs_upload *u, enum piece_kind piece, bool is_early,
                     struct span chain, const struct pccs_item *expected, struct err *err)
{
    struct piece_facts facts;
    struct pccs_put put = {
        .facts = &facts, .body = u->body, .chain = chain, .source = u->source, .now = u->now};
    char name[PCCS_ITEM_NAME_SIZE];
    int r = piece_check(u->verifier, piece, u->body, chain, &facts, err);

    if (r == -EBADMSG)
        return unreadable_set(err);
    if (r < 0)
        return r;
    put.item = pccs_item_of(piece, &facts, is_early);
    if (put.item.kind == PCCS_NONE)
        return err_set(err, -EINVAL, "an identity that this service does not keep");
    if (expected && !pccs_item_equal(&put.item, expected))
        return err_set(err, -EINVAL, "the object is %s", pccs_item_name(&put.item, name));
    if (piece == PIECE_PCK_CRL || piece == PIECE_ROOT_CRL)
        return crl_store(u, &put, err);
    return item_store(u, &put, err);
}

/* -- PUT /platformcollateral -- */

struct collateral {
    const struct pccs_upload *upload;
    struct pccs_upload_count count;
    struct buf tcb_chain, identity_chain, processor_chain, platform_chain; /* PEM */
    struct buf text;
};

static void blanks_drop(struct span json, struct buf *out)
{
    bool in_string = false;

    for (size_t i = 0; i < json.len; i++) {
        uint8_t c = json.data[i];

        if (in_string && c == '\\' && i + 1 < json.len) {
            buf_put_u8(out, c);
            buf_put_u8(out, json.data[++i]);
            continue;
        }
        in_string ^= c == '"';
        if (in_string || !isspace(c))
            buf_put_u8(out, c);
    }
}

static int document_take(struct collateral *c, enum piece_kind piece, bool is_early,
                         struct span json, struct span chain, struct err *err)
{
    CLEANUP(buf_done) struct buf compact = buf_init(PCCS_UPLOAD_SIZE_MAX);
    struct pccs_upload u = *c->upload;
    int r;

    u.body = json;
    r = pccs_upload_item(&u, piece, is_early, chain, NULL, err);
    if (r == -EKEYREJECTED) {
        blanks_drop(json, &compact);
        u.body = buf_span(&compact);
        r = pccs_upload_item(&u, piece, is_early, chain, NULL, err);
    }
    c->count.items += r == 0;
    return r;
}

static int crl_take(struct collateral *c, enum piece_kind piece, const struct slice *s,
                    struct span chain, struct err *err)
{
    struct pccs_upload u = *c->upload;
    int r = slice_text(s, &c->text, err);

    if (r < 0 || c->text.len == 0)
        return r;
    u.body = buf_span(&c->text);
    r = pccs_upload_item(&u, piece, false, chain, NULL, err);
    c->count.items += r == 0;
    return r < 0 ? err_wrap(err, "member %s", s->name) : 0;
}

static int chains_take(struct collateral *c, struct span json, struct err *err)
{
    struct slice names[] = {
        {.name = "SGX-PCK-Certificate-Issuer-Chain"},
        {.name = "TCB-Info-Issuer-Chain"},
        {.name = "SGX-TCB-Info-Issuer-Chain"},
        {.name = "SGX-Enclave-Identity-Issuer-Chain"},
    };
    struct slice pck[] = {{.name = "PROCESSOR"}, {.name = "PLATFORM"}};
    int r = slices_cut(json, names, ARRAY_COUNT(names), err);

    if (r == 0 && names[0].json.len > 0)
        r = slices_cut(names[0].json, pck, ARRAY_COUNT(pck), err);
    if (r == 0)
        r = slice_chain(&pck[0], &c->processor_chain, err);
    if (r == 0)
        r = slice_chain(&pck[1], &c->platform_chain, err);
    if (r == 0)
        r = slice_chain(names[1].json.len ? &names[1] : &names[2], &c->tcb_chain, err);
    if (r == 0)
        r = slice_chain(&names[3], &c->identity_chain, err);
    return r;
}

static int tcb_infos_take(struct collateral *c, struct span json, struct err *err)
{
    struct json_reader r = json_reader_of(json);

    json_enter_array(&r);
    while (json_next_item(&r)) {
        struct slice names[] = {
            {.name = "tcbinfo"},           {.name = "sgx_tcbinfo"},       {.name = "tdx_tcbinfo"},
            {.name = "sgx_tcbinfo_early"}, {.name = "tdx_tcbinfo_early"},
        };
        int code = slices_cut(json_skip(&r), names, ARRAY_COUNT(names), err);

        for (size_t i = 0; i < ARRAY_COUNT(names) && code == 0; i++)
            if (names[i].json.len > 0)
                code = document_take(c, PIECE_TCB_INFO, i >= 3, names[i].json,
                                     buf_span(&c->tcb_chain), err);
        if (code < 0)
            return err_wrap(err, "member tcbinfos");
    }
    return json_reader_done(&r, err);
}

static int identity_take(struct collateral *c, const struct slice *s, bool is_early,
                         struct err *err)
{
    int r = slice_text(s, &c->text, err);

    if (r < 0 || c->text.len == 0)
        return r;
    r = document_take(c, PIECE_ENCLAVE_IDENTITY, is_early, buf_span(&c->text),
                      buf_span(&c->identity_chain), err);
    return r < 0 ? err_wrap(err, "member %s", s->name) : 0;
}

static int crls_take(struct collateral *c, struct span json, struct err *err)
{
    struct slice names[] = {{.name = "processorCrl"}, {.name = "platformCrl"}};
    int r = slices_cut(json, names, ARRAY_COUNT(names), err);

    if (r == 0)
        r = crl_take(c, PIECE_PCK_CRL, &names[0], buf_span(&c->processor_chain), err);
    if (r == 0)
        r = crl_take(c, PIECE_PCK_CRL, &names[1], buf_span(&c->platform_chain), err);
    return r;
}

/* -- platforms and certificates -- */

enum { PLATFORM_MEMBERS = 6 };

/* Cut a platform's members out of its object. Their texts need no decoding: digits and a manifest
 * of hexadecimal digits. Identifiers become upper case in @upper, which they point to then. */
static int platform_read(struct span json, struct slice *more, size_t more_count, struct buf *upper,
                         struct pccs_platform *ret, struct err *err)
{
    struct slice names[PLATFORM_MEMBERS + 2] = {
        {.name = "qe_id"},   {.name = "pce_id"},   {.name = "cpu_svn"},
        {.name = "pce_svn"}, {.name = "enc_ppid"}, {.name = "platform_manifest"},
    };
    struct span *const to[PLATFORM_MEMBERS] = {
        &ret->qe_id, &ret->pce_id, &ret->cpu_svn, &ret->pce_svn, &ret->enc_ppid, &ret->manifest,
    };
    size_t at[PLATFORM_MEMBERS + 1] = {0};
    CLEANUP(buf_done) struct buf text = buf_init(2 * (size_t)PCCS_MANIFEST_SIZE_MAX);
    int r;

    for (size_t i = 0; i < more_count; i++)
        names[PLATFORM_MEMBERS + i].name = more[i].name;
    r = slices_cut(json, names, PLATFORM_MEMBERS + more_count, err);
    for (size_t i = 0; i < PLATFORM_MEMBERS && r == 0; i++) {
        r = slice_text(&names[i], &text, err);
        for (size_t k = 0; k < text.len; k++)
            buf_put_u8(upper, (uint8_t)toupper(text.data[k]));
        at[i + 1] = upper->len;
    }
    if (r == 0 && buf_status(upper) < 0)
        r = err_set(err, buf_status(upper), "platform");
    if (r < 0)
        return r;
    for (size_t i = 0; i < PLATFORM_MEMBERS; i++)
        *to[i] = span_sub(buf_span(upper), at[i], at[i + 1] - at[i]);
    for (size_t i = 0; i < more_count; i++)
        more[i].json = names[PLATFORM_MEMBERS + i].json;
    return pccs_platform_check(ret, err);
}

static int platforms_take(struct collateral *c, struct span json, struct err *err)
{
    struct json_reader r = json_reader_of(json);

    json_enter_array(&r);
    while (json_next_item(&r)) {
        CLEANUP(buf_done) struct buf upper = buf_init(2 * (size_t)PCCS_MANIFEST_SIZE_MAX);
        struct pccs_platform p = {0};
        int code = platform_read(json_skip(&r), NULL, 0, &upper, &p, err);

        if (code == 0)
            code = pccs_platform_put(c->upload->store, &p, c->upload->now, err);
        if (code < 0)
            return err_wrap(err, "member platforms");
        c->count.platforms++;
    }
    return json_reader_done(&r, err);
}

/* A certificate names its CA only after it was verified, so both issuer chains are tried. */
static int certificate_take(struct collateral *c, const struct pccs_platform *p, struct span json,
                            struct err *err)
{
    CLEANUP(buf_done) struct buf pem = buf_init(PCCS_CERT_SIZE_MAX);
    const struct buf *const chains[] = {&c->platform_chain, &c->processor_chain};
    struct slice names[] = {{.name = "cert"}};
    struct piece_facts facts;
    struct pccs_cert cert = {.qe_id = p->qe_id, .pce_id = p->pce_id, .facts = &facts};
    int r = slices_cut(json, names, ARRAY_COUNT(names), err);

    if (r == 0)
        r = slice_chain(&names[0], &pem, err);
    if (r < 0)
        return r;
    if (span_equal_str(buf_span(&pem), "Not available")) /* Intel has none for this TCB */
        return 0;
    cert.pem = buf_span(&pem);
    r = -EKEYREJECTED;
    for (size_t i = 0; i < ARRAY_COUNT(chains) && r < 0; i++) {
        cert.chain = buf_span(chains[i]);
        r = piece_check(c->upload->verifier, PIECE_PCK_CERTIFICATE, cert.pem, cert.chain, &facts,
                        err);
    }
    if (r < 0)
        return r == -EBADMSG ? unreadable_set(err) : r;
    c->count.certificates++;
    return pccs_platform_put_cert(c->upload->store, &cert, err);
}

static int certificates_take(struct collateral *c, const struct pccs_platform *p, struct span json,
                             struct err *err)
{
    struct json_reader r = json_reader_of(json);
    unsigned count = 0;

    json_enter_array(&r);
    while (json_next_item(&r)) {
        int code = ++count > PCCS_CERTS_MAX
                       ? err_set(err, -EINVAL, "more than %d certificates", PCCS_CERTS_MAX)
                       : certificate_take(c, p, json_skip(&r), err);

        if (code < 0)
            return code;
    }
    return json_reader_done(&r, err);
}

static int pck_certs_take(struct collateral *c, struct span json, struct err *err)
{
    struct json_reader r = json_reader_of(json);

    json_enter_array(&r);
    while (json_next_item(&r)) {
        CLEANUP(buf_done) struct buf upper = buf_init(2 * (size_t)PCCS_MANIFEST_SIZE_MAX);
        struct slice certs = {.name = "certs"};
        struct pccs_platform p = {0};
        int code = platform_read(json_skip(&r), &certs, 1, &upper, &p, err);

        if (code == 0) /* the platform may be known by its certificates alone */
            code = pccs_platform_put(c->upload->store, &p, c->upload->now, err);
        if (code == 0)
            code = certificates_take(c, &p, certs.json, err);
        if (code < 0)
            return err_wrap(err, "member pck_certs");
    }
    return json_reader_done(&r, err);
}

static int collaterals_take(struct collateral *c, struct span json, struct err *err)
{
    struct slice names[] = {
        {.name = "certificates"},       {.name = "pck_certs"},         {.name = "tcbinfos"},
        {.name = "pckcacrl"},           {.name = "rootcacrl"},         {.name = "qeidentity"},
        {.name = "tdqeidentity"},       {.name = "qveidentity"},       {.name = "qeidentity_early"},
        {.name = "tdqeidentity_early"}, {.name = "qveidentity_early"},
    };
    int r = slices_cut(json, names, ARRAY_COUNT(names), err);

    if (r == 0 && names[0].json.len > 0)
        r = chains_take(c, names[0].json, err);
    if (r == 0 && names[1].json.len > 0)
        r = pck_certs_take(c, names[1].json, err);
    if (r == 0 && names[2].json.len > 0)
        r = tcb_infos_take(c, names[2].json, err);
    if (r == 0 && names[3].json.len > 0)
        r = crls_take(c, names[3].json, err);
    if (r == 0)
        r = crl_take(c, PIECE_ROOT_CRL, &names[4], span_of(NULL, 0), err);
    for (size_t i = 5; i < ARRAY_COUNT(names) && r == 0; i++)
        r = identity_take(c, &names[i], i >= 8, err);
    return r;
}

static int body_take(struct store *s, void *userdata, struct err *err)
{
    struct collateral *c = userdata;
    struct slice names[] = {{.name = "platforms"}, {.name = "collaterals"}};
    int r = slices_cut(c->upload->body, names, ARRAY_COUNT(names), err);

    (void)s;
    if (r == 0 && (names[0].json.len == 0 || names[1].json.len == 0))
        r = err_set(err, -EBADMSG, "expected the members platforms and collaterals");
    if (r == 0)
        r = platforms_take(c, names[0].json, err);
    if (r == 0)
        r = collaterals_take(c, names[1].json, err);
    return r;
}

int pccs_upload_collateral(const struct pccs_upload *u, struct pccs_upload_count *ret,
                           struct err *err)
{
    struct collateral c = {
        .upload = u,
        .tcb_chain = buf_init(PCCS_CHAIN_SIZE_MAX),
        .identity_chain = buf_init(PCCS_CHAIN_SIZE_MAX),
        .processor_chain = buf_init(PCCS_CHAIN_SIZE_MAX),
        .platform_chain = buf_init(PCCS_CHAIN_SIZE_MAX),
        .text = buf_init(PCCS_UPLOAD_SIZE_MAX),
    };
    int r = store_transaction(u->store, body_take, &c, err);

    buf_done(&c.tcb_chain);
    buf_done(&c.identity_chain);
    buf_done(&c.processor_chain);
    buf_done(&c.platform_chain);
    buf_done(&c.text);
    if (r == 0)
        *ret = c.count;
    return r;
}

int pccs_upload_register(const struct pccs_upload *u, struct err *err)
{
    CLEANUP(buf_done) struct buf upper = buf_init(2 * (size_t)PCCS_MANIFEST_SIZE_MAX);
    struct pccs_platform p = {0};
    int r = platform_read(u->body, NULL, 0, &upper, &p, err);

    return r < 0 ? r : pccs_platform_put(u->store, &p, u->now, err);
}
