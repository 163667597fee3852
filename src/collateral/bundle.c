/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle names its pieces in one table, by the member of the JSON form and by the file of the
 * directory form, so that both forms have the same pieces. Pieces are borrowed bytes: nothing is
 * parsed here beyond the JSON that carries them, and nothing is trusted.
 */
#include "collateral/bundle.h"

#include <errno.h>

#include "base/text.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "collateral/signed_json.h"

static const struct {
    const char *member;
    const char *file;
} pieces[BUNDLE_PIECE_COUNT] = {
    [BUNDLE_TCB_INFO] = {"tcb_info", "tcbinfo.json"},
    [BUNDLE_TCB_INFO_SIGNATURE] = {"tcb_info_signature", NULL},
    [BUNDLE_QE_IDENTITY] = {"qe_identity", "qeid.json"},
    [BUNDLE_QE_IDENTITY_SIGNATURE] = {"qe_identity_signature", NULL},
    [BUNDLE_PCK_CRL] = {"pck_crl", "pckcrl.der"},
    [BUNDLE_ROOT_CA_CRL] = {"root_ca_crl", "rootcrl.der"},
    [BUNDLE_TCB_INFO_CHAIN] = {"tcb_info_issuer_chain", "tcbchain.pem"},
    [BUNDLE_QE_IDENTITY_CHAIN] = {"qe_identity_issuer_chain", "qeidchain.pem"},
    [BUNDLE_PCK_CRL_CHAIN] = {"pck_crl_issuer_chain", "pckcrlchain.pem"},
    [BUNDLE_PCK_CHAIN] = {"pck_certificate_chain", "pckchain.pem"},
};

const char *bundle_member(enum bundle_piece piece)
{
    return pieces[piece].member;
}

const char *bundle_file(enum bundle_piece piece)
{
    return pieces[piece].file;
}

static int piece_find(struct span key)
{
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        if (span_equal_str(key, pieces[i].member))
            return i;
    return -1;
}

/* A piece is a string; TCB info and identity may also stand there as the object itself. */
static struct span piece_read(struct json_reader *r, int piece, struct buf *into)
{
    if (json_peek(r) == JSON_NULL) {
        json_skip(r);
        return span_of(NULL, 0);
    }
    if (json_peek(r) == JSON_OBJECT && (piece == BUNDLE_TCB_INFO || piece == BUNDLE_QE_IDENTITY)) {
        struct span raw = json_skip(r);
        size_t before = into->len;

        buf_put(into, raw);
        return span_from(buf_span(into), before);
    }
    return json_text_decoded(r, into);
}

int bundle_parse_json(struct span json, struct buf *into, struct bundle *ret, struct err *err)
{
    size_t start[BUNDLE_PIECE_COUNT] = {0}, len[BUNDLE_PIECE_COUNT] = {0};
    struct json_reader r = json_reader_of(text_strip(json));
    struct bundle bundle = {0};
    uint32_t seen = 0;
    struct span key;

    if (json.len > BUNDLE_SIZE_MAX)
        return err_set(err, -EMSGSIZE, "collateral of %zu bytes, limit %d", json.len,
                       BUNDLE_SIZE_MAX);
    json_enter_object(&r);
    while (json_next_member(&r, &key)) {
        int piece = piece_find(key);

        if (piece < 0) {
            json_skip(&r);
            continue;
        }
        if (seen & 1U << piece)
            json_fail(&r, "a member occurs twice");
        seen |= 1U << piece;
        start[piece] = into->len;
        len[piece] = piece_read(&r, piece, into).len;
    }
    if (buf_status(into) < 0)
        return err_set(err, buf_status(into), "collateral of %zu bytes", json.len);
    if (json_reader_done(&r, err) < 0)
        return err_wrap(err, "collateral");
    if (!seen)
        return err_set(err, -EBADMSG, "collateral: no member is known");
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        bundle.piece[i] = span_sub(buf_span(into), start[i], len[i]);
    *ret = bundle;
    return 0;
}

static int signed_render(struct json_writer *w, const struct bundle *b, enum bundle_piece piece,
                         const char *inner, struct err *err)
{
    enum bundle_piece signature = piece + 1;
    struct signed_json s;

    json_writer_key(w, pieces[piece].member);
    if (b->piece[signature].len > 0) {
        json_writer_string_span(w, b->piece[piece]);
        json_writer_key(w, pieces[signature].member);
        json_writer_string_span(w, b->piece[signature]);
        return 0;
    }
    if (signed_json_parse(b->piece[piece], inner, &s, err) < 0)
        return err_wrap(err, "%s", pieces[piece].member);
    json_writer_string_span(w, s.inner);
    json_writer_member_hex(w, pieces[signature].member, span_of(s.signature, sizeof(s.signature)));
    return 0;
}

/* CRLs travel as hex of their DER, unless they are text already. */
static void crl_render(struct json_writer *w, struct span crl)
{
    if (crl.len > 0 && crl.data[0] == 0x30 && crl.len > 1 && crl.data[1] & 0x80)
        json_writer_hex(w, crl);
    else
        json_writer_string_span(w, crl);
}

int bundle_render_json(const struct bundle *bundle, struct buf *out, struct err *err)
{
    struct json_writer w = json_writer_of(out, true);
    int r;

    json_writer_object_begin(&w);
    r = signed_render(&w, bundle, BUNDLE_TCB_INFO, "tcbInfo", err);
    if (r == 0)
        r = signed_render(&w, bundle, BUNDLE_QE_IDENTITY, "enclaveIdentity", err);
    if (r < 0)
        return r;
    for (int i = BUNDLE_PCK_CRL; i < BUNDLE_PIECE_COUNT; i++) {
        if (bundle->piece[i].len == 0)
            continue;
        json_writer_key(&w, pieces[i].member);
        if (i == BUNDLE_PCK_CRL || i == BUNDLE_ROOT_CA_CRL)
            crl_render(&w, bundle->piece[i]);
        else
            json_writer_string_span(&w, bundle->piece[i]);
    }
    json_writer_object_end(&w);
    r = buf_status(out);
    return r < 0 ? err_set(err, r, "render collateral") : 0;
}
