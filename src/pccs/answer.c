/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dialects differ in the form of a CRL, in the names of the chain fields, and in the form of a
 * certificate: PEM, or a member of JSON. Everything else is one code.
 *
 * Issuer chains travel in header fields, percent-encoded. Intel's services leave "/" as it is, and
 * so does field_put_chain(): clients compare decoded text, but recordings compare bytes.
 */
#include "pccs/answer.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "codec/json_writer.h"
#include "codec/pem.h"

enum {
    FIELDS_SIZE_MAX = 32 * 1024,
    TEXT_SIZE_MAX = 1024,
    STATUS_OK = 200,
    STATUS_UNAVAILABLE = 503,
};

#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_JSON "application/json"
#define TYPE_PEM  "application/x-pem-file"
#define TYPE_CRL  "application/pkix-crl"

void pccs_answer_done(struct pccs_answer *a)
{
    buf_done(&a->fields);
    buf_done(&a->body);
}

static struct pccs_answer answer_of(unsigned status, const char *content_type, size_t body_max)
{
    return (struct pccs_answer){
        .status = status,
        .content_type = content_type,
        .fields = buf_init(FIELDS_SIZE_MAX),
        .body = buf_init(body_max),
    };
}

struct pccs_answer pccs_answer_text(unsigned status, const char *format, ...)
{
    struct pccs_answer a = answer_of(status, TYPE_TEXT, TEXT_SIZE_MAX);
    va_list args;

    va_start(args, format);
    buf_vprintf(&a.body, format, args);
    va_end(args);
    return a;
}

static int answer_finish(struct pccs_answer *a, struct pccs_answer *ret, struct err *err)
{
    int r = buf_status(&a->body) < 0 ? buf_status(&a->body) : buf_status(&a->fields);

    if (r < 0) {
        pccs_answer_done(a);
        return err_set(err, r, "answer");
    }
    *ret = *a;
    return 0;
}

/* -- header fields -- */

static void text_put_encoded(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (isalnum(c) || strchr("-._~/", c))
            buf_put_u8(out, c);
        else
            buf_printf(out, "%%%02X", c);
    }
}

static void field_put_chain(struct buf *out, const char *name, struct span chain)
{
    buf_printf(out, "%s: ", name);
    text_put_encoded(out, chain);
    buf_put_str(out, "\r\n");
}

static void freshness_put(struct pccs_answer *a, const struct pccs_version *v,
                          const struct pccs_terms *terms)
{
    int64_t left = v->expires - terms->now;
    char text[CLOCK_RFC3339_SIZE];

    buf_printf(&a->fields, "Age: %lld\r\nCache-Control: max-age=%lld\r\n",
               (long long)MAX(terms->now - v->confirmed, (int64_t)0),
               (long long)MIN(MAX(left, (int64_t)0), (int64_t)PCCS_MAX_AGE_S));
    if (left < 0)
        buf_printf(&a->fields,
                   "Warning: 110 - \"Response is Stale\"\r\n"
                   "Warning: 299 - \"this collateral expired at %s\"\r\n",
                   clock_render(v->expires, text));
    a->changes = left < 0 ? v->expires + terms->grace_s : v->expires;
}

static void version_warning_put(struct pccs_answer *a, unsigned version)
{
    if (version == 3)
        buf_put_str(&a->fields, "Warning: 299 - \"API version 3 has reached its end of life; use "
                                "version 4\"\r\n");
}

/* Azure's client asks again unless TCB info has both names of the field. */
static void chain_fields_put(struct buf *out, const struct pccs_call *call, struct span chain)
{
    const char *name = pccs_item_chain_field(call->item.kind, call->version);
    const char *other = pccs_item_chain_field(call->item.kind, 3);

    if (!name || chain.len == 0)
        return;
    field_put_chain(out, name, chain);
    if (call->dialect == PCCS_DIALECT_THIM && strcmp(name, other) != 0)
        field_put_chain(out, other, chain);
}

/* -- items -- */

static const char *body_put(struct buf *out, const struct pccs_call *call, struct span body)
{
    bool is_root = call->item.kind == PCCS_ROOT_CRL;

    if (pccs_item_has_update(call->item.kind)) {
        buf_put(out, body);
        return TYPE_JSON;
    }
    switch (call->form) {
    case PCCS_FORM_HEX:
        buf_put_hex(out, body);
        return is_root ? TYPE_CRL "; charset=utf-8" : TYPE_PEM;
    case PCCS_FORM_PEM:
        pem_put(out, "X509 CRL", body);
        return TYPE_PEM;
    case PCCS_FORM_DER:
        break;
    }
    buf_put(out, body);
    return TYPE_CRL;
}

static struct span last_certificate(struct span chain)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    struct span last = chain;
    const uint8_t *next = chain.data;

    while (next) {
        last = span_from(chain, (size_t)(next - chain.data));
        next = last.len > 1 ? memmem(last.data + 1, last.len - 1, begin, strlen(begin)) : NULL;
    }
    return last;
}

/* The root CRL has no chain of its own. THIM sends the root's certificate with it: the last one of
 * a CRL's issuer chain. */
static void root_chain_put(struct store *s, struct buf *out, const struct pccs_call *call)
{
    static const enum pccs_kind kinds[] = {PCCS_PLATFORM_CRL, PCCS_PROCESSOR_CRL};

    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        const struct pccs_item item = {.kind = kinds[i]};
        struct pccs_version v;
        struct err ignored = {0};

        if (pccs_catalog_get(s, &item, PCCS_NEWEST, &v, &ignored) < 0)
            continue;
        field_put_chain(out, pccs_item_chain_field(PCCS_PLATFORM_CRL, call->version),
                        last_certificate(buf_span(&v.chain)));
        pccs_catalog_version_done(&v);
        return;
    }
}

struct reason {
    struct pccs_item item;
    char text[256];
};

static int reason_take(void *userdata, const struct pccs_state *state, struct err *err)
{
    struct reason *reason = userdata;

    (void)err;
    if (pccs_item_equal(&state->item, &reason->item))
        snprintf(reason->text, sizeof(reason->text), "%.*s", (int)state->reason.len,
                 state->reason.len ? (const char *)state->reason.data : "");
    return 0;
}

static struct pccs_answer expired_answer(struct store *s, const struct pccs_item *item,
                                         const struct pccs_version *v)
{
    struct reason reason = {.item = *item};
    char name[PCCS_ITEM_NAME_SIZE], time[CLOCK_RFC3339_SIZE];
    struct err ignored = {0};

    (void)!pccs_catalog_list(s, reason_take, &reason, &ignored);
    return pccs_answer_text(STATUS_UNAVAILABLE, "%s expired at %s and was not renewed%s%s\n",
                            pccs_item_name(item, name), clock_render(v->expires, time),
                            reason.text[0] ? ": " : "", reason.text);
}

int pccs_answer_item(struct store *s, const struct pccs_call *call, const struct pccs_terms *terms,
                     struct pccs_answer *ret, struct err *err)
{
    struct pccs_version v;
    struct pccs_answer a;
    int r = pccs_catalog_get(s, &call->item, PCCS_NEWEST, &v, err);

    if (r < 0)
        return r;
    if (v.expires + terms->grace_s < terms->now) {
        a = expired_answer(s, &call->item, &v);
    } else {
        a = answer_of(STATUS_OK, NULL, 3 * (size_t)PCCS_BODY_SIZE_MAX);
        a.content_type = body_put(&a.body, call, buf_span(&v.body));
        chain_fields_put(&a.fields, call, buf_span(&v.chain));
        if (call->item.kind == PCCS_ROOT_CRL && call->dialect == PCCS_DIALECT_THIM)
            root_chain_put(s, &a.fields, call);
        freshness_put(&a, &v, terms);
        version_warning_put(&a, call->version);
    }
    pccs_catalog_version_done(&v);
    return answer_finish(&a, ret, err);
}

/* -- certificates -- */

static void text_upper(char *text)
{
    for (; *text; text++)
        *text = (char)toupper((unsigned char)*text);
}

static void certificate_put_thim(struct pccs_answer *a, const struct pccs_choice *c)
{
    struct json_writer w = json_writer_of(&a->body, false);
    struct buf chain = buf_init(FIELDS_SIZE_MAX);

    text_put_encoded(&chain, buf_span(&c->chain));
    json_writer_object_begin(&w);
    json_writer_key(&w, "pckCert");
    json_writer_string_span(&w, buf_span(&c->cert));
    json_writer_key(&w, "sgx-Pck-Certificate-Issuer-Chain");
    json_writer_string_span(&w, buf_span(&chain));
    json_writer_member_string(&w, "sgx-Tcbm", c->tcbm);
    json_writer_member_int(&w, "cacheMaxAge", PCCS_MAX_AGE_S);
    json_writer_object_end(&w);
    a->content_type = TYPE_JSON;
    buf_done(&chain);
}

int pccs_answer_certificate(struct store *s, const struct pccs_call *call, struct pccs_answer *ret,
                            struct err *err)
{
    struct pccs_platform platform = pccs_front_platform(call);
    struct pccs_choice c;
    struct pccs_answer a;
    int r = pccs_platform_choose(s, &platform, &c, err);

    if (r < 0)
        return r;
    a = answer_of(STATUS_OK, TYPE_PEM, FIELDS_SIZE_MAX);
    if (call->dialect == PCCS_DIALECT_THIM) {
        certificate_put_thim(&a, &c);
    } else {
        buf_put(&a.body, buf_span(&c.cert));
        text_upper(c.ca);
        buf_printf(&a.fields,
                   "SGX-TCBm: %s\r\nSGX-FMSPC: %s\r\nSGX-PCK-Certificate-CA-Type: %s\r\n", c.tcbm,
                   c.fmspc, c.ca);
        field_put_chain(&a.fields, "SGX-PCK-Certificate-Issuer-Chain", buf_span(&c.chain));
        version_warning_put(&a, call->version);
    }
    buf_printf(&a.fields, "Age: 0\r\nCache-Control: max-age=%d\r\n", PCCS_MAX_AGE_S);
    pccs_platform_choice_done(&c);
    return answer_finish(&a, ret, err);
}
