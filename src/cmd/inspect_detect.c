/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of thing some bytes are: decided by what they begin with, never by a file's name. */
#include <ctype.h>
#include <errno.h>

#include "cmd/inspect.h"
#include "codec/base64.h"
#include "codec/hex.h"
#include "quote/open_enclave.h"
#include "quote/quote.h"

enum {
    UNWRAP_MAX = 2, /* hex of base64, at most */
};

static bool starts_with(struct span text, const char *prefix)
{
    return span_starts_with(text, span_str(prefix));
}

static struct span trimmed(struct span text)
{
    while (text.len > 0 && isspace(text.data[0]))
        text = span_from(text, 1);
    while (text.len > 0 && (isspace(text.data[text.len - 1]) || text.data[text.len - 1] == 0))
        text.len--;
    return text;
}

static bool holds(struct span text, const char *needle)
{
    return text.len > 0 && memmem(text.data, text.len, needle, strlen(needle)) != NULL;
}

/* A quote is known by its version and key type, inside Open Enclave's wrapping or not. */
static bool looks_like_quote(struct span wire)
{
    enum quote_wrapping wrapping;
    struct span q = quote_unwrap(wire, &wrapping);

    return wrapping != QUOTE_WRAPPING_NONE ||
           (q.len >= 4 && q.data[0] >= QUOTE_VERSION_3 && q.data[0] <= QUOTE_VERSION_5 &&
            q.data[1] == 0 && q.data[3] == 0);
}

/* DER of a certificate has a version or a serial number where a CRL has none, so the parser that
 * gets furthest is not needed: one of the two takes it, or the certificate's reason is told. */
static int der_put(struct account *a, struct span wire, struct err *err)
{
    struct err other = {0};
    int r = inspect_certificate(a, wire, err);
    int crl = r < 0 ? inspect_crl(a, wire, &other) : r;

    if (crl == 0)
        return 0;
    if (crl == -ENOMEM ||
        holds(wire, "\x55\x1d\x14")) /* 2.5.29.20, the CRL number: it meant to be one */
        *err = other;
    return crl == -ENOMEM ? crl : r;
}

static int account_put(struct account *a, struct span wire, unsigned unwrapped, struct err *err);

/* Text that is hex or base64 throughout is decoded, and what it holds is told instead. */
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
        return err_set(err, -EBADMSG,
                       "not a quote, certificate, CRL, TCB info, identity or collateral");
    a->wire = buf_span(&bytes);
    account_string(a, "coding", coding);
    r = account_put(a, buf_span(&bytes), unwrapped + 1, err);
    a->wire = wire;
    return r;
}

static int account_put(struct account *a, struct span wire, unsigned unwrapped, struct err *err)
{
    struct span text = trimmed(wire);

    if (wire.len == 0)
        return err_set(err, -EBADMSG, "empty");
    if (looks_like_quote(wire))
        return inspect_quote(a, wire, err);
    if (starts_with(text, "{"))
        return inspect_json(a, text, err);
    if (holds(wire, "-----BEGIN "))
        return inspect_pem(a, wire, err);
    if (wire.data[0] == 0x30 && wire.len > 1 && wire.data[1] >= 0x80)
        return der_put(a, wire, err);
    if (unwrapped < UNWRAP_MAX)
        return text_put(a, text, unwrapped, err);
    return err_set(err, -EBADMSG, "text in text, and nothing that is known in it");
}

int inspect_any(struct account *a, struct span wire, struct err *err)
{
    int r;

    if (a->json)
        json_writer_object_begin(&a->w);
    r = account_put(a, wire, 0, err);
    if (r < 0)
        return r;
    if (a->json) {
        json_writer_object_end(&a->w);
        buf_put_u8(a->out, '\n');
    }
    r = buf_status(a->out);
    return r < 0 ? err_set(err, r, "the account: %s", strerror(-r)) : 0;
}
