/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content of a file decides its kind, never its name. Evidence comes first: evidence/ finds a
 * quote in any form, the same as for `coffer verify`, and a certificate in which it finds one is
 * RA-TLS. What holds no quote is collateral: JSON, PEM, DER, or one of these as hex or base64.
 */
#include <ctype.h>
#include <errno.h>

#include "base/text.h"
#include "cmd/inspect.h"
#include "codec/base64.h"
#include "codec/der.h"
#include "codec/hex.h"
#include "collateral/served.h"
#include "evidence/evidence.h"

enum {
    UNWRAP_MAX = 2, /* base64 of hex, for example */
};

static bool starts_with(struct span text, const char *prefix)
{
    return span_starts_with(text, span_str(prefix));
}

static bool holds(struct span text, const char *needle)
{
    return text.len > 0 && memmem(text.data, text.len, needle, strlen(needle)) != NULL;
}

/* A certificate or a CRL: one of the two parsers takes it. When neither does, the reason of the
 * certificate's parser is given, or the CRL's when the bytes have a CRL number. */
static int der_put(struct account *a, struct span wire, struct err *err)
{
    struct err other = {0};
    int r = inspect_certificate(a, wire, err);
    int crl = r < 0 ? inspect_crl(a, wire, &other) : r;

    if (crl == 0)
        return 0;
    if (crl == -ENOMEM || holds(wire, "\x55\x1d\x14")) /* 2.5.29.20, the CRL number */
        *err = other;
    return crl == -ENOMEM ? crl : r;
}

static int account_put(struct account *a, struct span wire, unsigned unwrapped, struct err *err);

/* Text that is hex or base64 as a whole: an account of the bytes that it decodes to. */
static int text_put(struct account *a, struct span text, unsigned unwrapped, struct err *err)
{
    CLEANUP(buf_done) struct buf bytes = buf_init(INSPECT_SIZE_MAX);
    struct span wire = a->wire;
    const char *coding = "hex";
    int r = hex_decode(text, &bytes);

    if (r < 0 && r != -ENOMEM) {
        buf_clear(&bytes);
        coding = "base64";
        r = base64_decode(text, BASE64_SKIP_SPACE | BASE64_ANY, &bytes, NULL);
    }
    if (r == -ENOMEM)
        return err_set(err, r, "%zu bytes of %s", text.len, coding);
    if (r < 0 || bytes.len == 0)
        return err_set(err, -ENODATA, "neither hex nor base64");
    a->wire = buf_span(&bytes);
    account_string(a, "coding", coding);
    r = account_put(a, buf_span(&bytes), unwrapped + 1, err);
    a->wire = wire;
    return r;
}

static bool is_text(struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.data[i] < ' ' && !isspace(bytes.data[i]))
            return false;
    return true;
}

static int account_put(struct account *a, struct span wire, unsigned unwrapped, struct err *err)
{
    struct span text;

    wire = served_body(wire);
    text = text_strip(wire);

    if (starts_with(text, "{"))
        return inspect_json(a, text, err);
    if (is_text(text) && holds(text, "-----BEGIN "))
        return inspect_pem(a, wire, err);
    if (wire.len > 1 && wire.data[0] == DER_SEQUENCE && wire.data[1] >= 0x80)
        return der_put(a, wire, err);
    if (unwrapped < UNWRAP_MAX)
        return text_put(a, text, unwrapped, err);
    return err_set(err, -EBADMSG, "more than %d codings inside each other", UNWRAP_MAX);
}

static void binding_put(struct account *a, const struct evidence_binding *binding)
{
    if (binding->state == EVIDENCE_UNBOUND)
        return;
    account_string(a, "binding", binding->state == EVIDENCE_BOUND ? "bound" : "not bound");
    account_string(a, "binding_detail", binding->text);
}

static void carrier_put(struct account *a, const struct evidence_certificate *c)
{
    account_begin(a, "certificate", c->der);
    account_text(a, "subject", c->subject_cn, c->subject_cn);
    account_string(a, "key", c->key_name);
    account_string(a, "extension", c->extension);
    account_time(a, "not_before", c->not_before);
    account_time(a, "not_after", c->not_after);
    account_end(a);
}

/* Offsets count from the start of the file, or of the quote when it was decoded from the file. */
static int evidence_put(struct account *a, const struct evidence *ev, struct err *err)
{
    struct span file = a->wire;
    int r;

    account_string(a, "form", ev->form);
    binding_put(a, &ev->binding);
    if (ev->has_certificate)
        carrier_put(a, &ev->certificate);
    if (!ev->is_raw)
        a->wire = ev->wire;
    r = inspect_quote(a, ev->wire, err);
    a->wire = file;
    return r;
}

/* The collateral parsers say what is wrong with collateral; for anything else it is enough to say
 * what the file looks like. */
static int file_put(struct account *a, struct span wire, struct err *err)
{
    struct err quote_err = {0};
    struct bundle flat;
    struct evidence ev;
    int r;

    if (served_flat_parse(wire, &flat, NULL) == 0) /* its start could be that of an old quote */
        return inspect_flat(a, wire, err);
    r = evidence_find(wire, &ev, &quote_err);
    if (r == 0) {
        r = evidence_put(a, &ev, err);
        evidence_done(&ev);
        return r;
    }
    if (r != -ENOMEM && r != -ENOTUNIQ)
        r = account_put(a, wire, 0, err);
    else
        *err = quote_err;
    if (r == -ENODATA)
        return err_set(err, -EBADMSG,
                       "%s; nor is it a certificate, CRL, TCB info, identity or collateral",
                       quote_err.text);
    return r;
}

int inspect_any(struct account *a, struct span wire, struct err *err)
{
    int r;

    if (a->json)
        json_writer_object_begin(&a->w);
    r = file_put(a, wire, err);
    if (r < 0)
        return r;
    if (a->json) {
        json_writer_object_end(&a->w);
        buf_put_u8(a->out, '\n');
    }
    r = buf_status(a->out);
    return r < 0 ? err_set(err, r, "the account: %s", strerror(-r)) : 0;
}
