/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each item is fetched by itself: a family without a TDX TCB info answers 404, and that must not
 * keep the others from being renewed. Whatever comes is verified by the same code as an upload, and
 * must be the item that was asked for: upstream cannot make us store one thing under the name of
 * another.
 */
#include "pccs/upstream.h"

#include <errno.h>
#include <stdio.h>

#include "base/macros.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "net/http/target.h"
#include "pccs/catalog.h"

enum {
    STATUS_OK = 200,
    STATUS_NOT_FOUND = 404,
    STATUS_TOO_MANY = 429,
    STATUS_SERVER_FAULT = 500,
    URL_SIZE = 2048,
    KEY_FIELD_SIZE = 256,
};

/* A fault of the network passes; an answer that is not HTTP, or a refused certificate, does not. */
static int fetch_code(int r)
{
    return r == -EHOSTUNREACH || r == -ETIMEDOUT ? -EAGAIN : r;
}

static int status_check(const char *url, const struct fetch_answer *a, struct err *err)
{
    struct span reason = fetch_header(a, "Error-Message");
    int shown = (int)MIN(reason.len, (size_t)120), code = -EBADMSG;

    if (a->status == STATUS_OK)
        return 0;
    if (a->status == STATUS_NOT_FOUND)
        code = -ENOENT;
    else if (a->status == STATUS_TOO_MANY || a->status >= STATUS_SERVER_FAULT)
        code = -EAGAIN;
    return err_set(err, code, "%.120s: HTTP %d%s%.*s", url, a->status, shown ? ": " : "", shown,
                   shown ? (const char *)reason.data : "");
}

/* Release @ret with fetch_answer_done() when 0 is returned. */
static int answer_fetch(struct fetch *f, const struct fetch_request *request,
                        struct fetch_answer *ret, struct err *err)
{
    int r = fetch_code(fetch_run(f, request, ret, err));

    if (r < 0)
        return r;
    r = status_check(request->url, ret, err);
    if (r < 0)
        fetch_answer_done(ret);
    return r;
}

static int chain_decode(const struct fetch_answer *a, const char *field, struct buf *out,
                        struct err *err)
{
    if (!http_target_decode(fetch_header(a, field), out) || out->len == 0)
        return err_set(err, -EBADMSG, "upstream sent no usable field %s", field);
    return 0;
}

int pccs_upstream_item(const struct pccs_upstream *up, struct fetch *f,
                       const struct pccs_item *item, const struct pccs_upload *u, struct err *err)
{
    CLEANUP(buf_done) struct buf chain = buf_init(PCCS_CHAIN_SIZE_MAX);
    const char *field = pccs_item_chain_field(item->kind, 4);
    char url[URL_SIZE], path[PCCS_ITEM_PATH_SIZE];
    struct pccs_upload piece = *u;
    struct fetch_answer a;
    int r;

    snprintf(url, sizeof(url), "%s%s", item->kind == PCCS_ROOT_CRL ? up->root_crl_url : up->url,
             pccs_item_path(item, path));
    r = answer_fetch(f, &(struct fetch_request){.url = url}, &a, err);
    if (r < 0)
        return r;
    if (field)
        r = chain_decode(&a, field, &chain, err);
    piece.body = buf_span(&a.body);
    if (r == 0)
        r = pccs_upload_item(&piece, pccs_item_piece(item->kind), item->is_early, buf_span(&chain),
                             item, err);
    fetch_answer_done(&a);
    return r < 0 ? err_wrap(err, "%.120s", url) : 0;
}

/* -- PCK certificates -- */

static int certificate_store(const struct pccs_upload *u, const struct pccs_platform *p,
                             struct span pem, struct span chain, struct err *err)
{
    struct piece_facts facts;
    const struct pccs_cert cert = {
        .qe_id = p->qe_id, .pce_id = p->pce_id, .pem = pem, .chain = chain, .facts = &facts};
    int r = piece_check(u->verifier, PIECE_PCK_CERTIFICATE, pem, chain, &facts, err);

    return r < 0 ? r : pccs_platform_put_cert(u->store, &cert, err);
}

/* One element: {"tcb": {...}, "tcbm": "...", "cert": "percent-encoded PEM" or "Not available"}. */
static int element_take(const struct pccs_upload *u, const struct pccs_platform *p,
                        struct json_reader *r, struct span chain, struct err *err)
{
    CLEANUP(buf_done) struct buf pem = buf_init(PCCS_CERT_SIZE_MAX);
    struct span key, encoded = {0};

    json_enter_object(r);
    while (json_next_member(r, &key))
        if (span_equal_str(key, "cert"))
            encoded = json_text(r);
        else
            (void)json_skip(r);
    if (json_failed(r) || span_equal_str(encoded, "Not available"))
        return 0; /* a violation is told at the end */
    if (!http_target_decode(encoded, &pem))
        return err_set(err, -EBADMSG, "upstream sent a certificate that is not percent-encoded");
    return certificate_store(u, p, buf_span(&pem), chain, err);
}

static int certificates_take(const struct pccs_upload *u, const struct pccs_platform *p,
                             const struct fetch_answer *a, struct err *err)
{
    CLEANUP(buf_done) struct buf chain = buf_init(PCCS_CHAIN_SIZE_MAX);
    struct json_reader reader = json_reader_of(buf_span(&a->body));
    unsigned count = 0;
    int r = chain_decode(a, "SGX-PCK-Certificate-Issuer-Chain", &chain, err);

    if (r < 0)
        return r;
    json_enter_array(&reader);
    while (r == 0 && json_next_item(&reader))
        r = ++count > PCCS_CERTS_MAX
                ? err_set(err, -EBADMSG, "upstream sent more than %d certificates", PCCS_CERTS_MAX)
                : element_take(u, p, &reader, buf_span(&chain), err);
    return r < 0 ? r : json_reader_done(&reader, err);
}

static void request_fill(const struct pccs_platform *p, const char *url, char *full, size_t size,
                         struct buf *body, struct fetch_request *ret)
{
    struct json_writer w = json_writer_of(body, false);

    ret->url = full;
    if (p->manifest.len == 0) {
        snprintf(full, size, "%s/sgx/certification/v4/pckcerts?encrypted_ppid=%.*s&pceid=%.*s", url,
                 (int)p->enc_ppid.len, (const char *)p->enc_ppid.data, (int)p->pce_id.len,
                 (const char *)p->pce_id.data);
        return;
    }
    snprintf(full, size, "%s/sgx/certification/v4/pckcerts", url);
    json_writer_object_begin(&w);
    json_writer_key(&w, "platformManifest");
    json_writer_string_span(&w, p->manifest);
    json_writer_key(&w, "pceid");
    json_writer_string_span(&w, p->pce_id);
    json_writer_object_end(&w);
    ret->is_post = true;
    ret->body = buf_span(body);
}

int pccs_upstream_certificates(const struct pccs_upstream *up, struct fetch *f,
                               const struct pccs_platform *platform, const struct pccs_upload *u,
                               struct err *err)
{
    CLEANUP(buf_done) struct buf body = buf_init(2 * (size_t)PCCS_MANIFEST_SIZE_MAX);
    char url[URL_SIZE], key[KEY_FIELD_SIZE];
    const char *headers[] = {"Content-Type: application/json", key, NULL};
    struct fetch_request request = {.headers = headers};
    struct fetch_answer a;
    int r;

    if (platform->enc_ppid.len == 0 && platform->manifest.len == 0)
        return err_set(err, -EINVAL, "the platform sent neither an encrypted PPID nor a manifest");
    if (up->api_key)
        snprintf(key, sizeof(key), "Ocp-Apim-Subscription-Key: %s", up->api_key);
    else
        headers[1] = NULL;
    request_fill(platform, up->url, url, sizeof(url), &body, &request);
    r = answer_fetch(f, &request, &a, err);
    if (r < 0)
        return r;
    r = certificates_take(u, platform, &a, err);
    fetch_answer_done(&a);
    return r < 0 ? err_wrap(err, "PCK certificates") : 0;
}
