/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One recursive search. evidence_scan_bytes() asks what its bytes are, in an order in which a
 * stronger sign comes before a weaker one: a quote is known by its header and must decode to its
 * end, a certificate and a vTPM report have a fixed start, text is text when every byte is, and
 * CBOR must be one well-formed item. What is inside is scanned again, one form deeper.
 *
 * Work is bounded: every form holds less than it is made of (base64 three quarters, hex half), the
 * depth has a limit, and only text of the length that a quote needs is decoded.
 *
 * A quote that is found is copied, because the bytes that it was decoded to live only as long as
 * the scan of their form. A second one that is equal changes nothing; one that differs ends the
 * matter, since any choice between two would be a guess about what the relying party meant.
 */
#include "evidence/scan.h"

#include <errno.h>
#include <stdio.h>

#include "base/reader.h"
#include "base/text.h"
#include "codec/base64.h"
#include "codec/der.h"
#include "codec/pem.h"
#include "quote/open_enclave.h"
#include "quote/quote.h"

static struct span report_data_of(const struct quote *q)
{
    if (quote_is_td(q))
        return span_of(q->td.report_data, sizeof(q->td.report_data));
    return span_of(q->enclave.report_data, sizeof(q->enclave.report_data));
}

static void form_render(const struct evidence_scan *s, enum quote_wrapping wrapping,
                        char ret[static EVIDENCE_FORM_SIZE])
{
    static const char *const headers[] = {
        [QUOTE_WRAPPING_NONE] = "",
        [QUOTE_WRAPPING_REPORT] = "Open Enclave report",
        [QUOTE_WRAPPING_EVIDENCE] = "Open Enclave evidence",
    };
    int len = snprintf(ret, EVIDENCE_FORM_SIZE, "%s", headers[wrapping]);

    for (const struct evidence_place *p = s->place; p && len < EVIDENCE_FORM_SIZE; p = p->outer)
        len += snprintf(ret + len, (size_t)(EVIDENCE_FORM_SIZE - len), "%s%s", len ? " in " : "",
                        p->text);
    if (len == 0)
        snprintf(ret, EVIDENCE_FORM_SIZE, "raw");
}

void evidence_scan_problem(struct evidence_scan *s, const char *format, ...)
{
    va_list args;

    if (s->problem[0])
        return;
    va_start(args, format);
    vsnprintf(s->problem, sizeof(s->problem), format, args);
    va_end(args);
}

/* Open Enclave's claims lie after the quote; zeros there are padding. */
static struct span claims_of(const struct evidence_scan *s, enum quote_wrapping wrapping,
                             const struct quote *q)
{
    if (wrapping == QUOTE_WRAPPING_EVIDENCE && !span_is_zero(q->trailing))
        return q->trailing;
    return s->claims;
}

static struct evidence_binding binding_find(struct evidence_scan *s, struct span claims,
                                            const struct quote *q)
{
    struct evidence_binding binding = {0};

    if (s->certificate &&
        evidence_binding_key(s->certificate->spki, claims, report_data_of(q), &binding) < 0)
        s->status = -ENOMEM;
    if (!s->certificate && claims.len > 0)
        binding = evidence_binding_bytes("the claims beside the quote", claims, report_data_of(q));
    return binding;
}

/* A span of @from, as a span of its copy at @to. */
static struct span moved(struct span part, struct span from, const uint8_t *to)
{
    if (part.len == 0)
        return span_of(NULL, 0);
    return span_of(to + (part.data - from.data), part.len);
}

static void certificate_move(struct evidence_certificate *c, const uint8_t *to)
{
    struct span from = c->der;

    c->der = span_of(to, from.len);
    c->subject_cn = moved(c->subject_cn, from, to);
    c->spki = moved(c->spki, from, to);
    c->evidence = moved(c->evidence, from, to);
}

static void quote_keep(struct evidence_scan *s, struct span wire, struct evidence_binding binding,
                       enum quote_wrapping wrapping)
{
    struct evidence *ev = s->evidence;

    ev->is_raw = s->depth == 0;
    ev->binding = binding;
    form_render(s, wrapping, ev->form);
    s->has_quote = true;
    if (ev->is_raw) {
        ev->wire = wire;
        return;
    }
    buf_put(&ev->bytes, wire);
    if (s->certificate) {
        ev->has_certificate = true;
        ev->certificate = *s->certificate;
        buf_put(&ev->bytes, s->certificate->der);
    }
    if (s->status == 0)
        s->status = buf_status(&ev->bytes);
    if (s->status < 0)
        return;
    ev->wire = span_sub(buf_span(&ev->bytes), 0, wire.len);
    if (s->certificate)
        certificate_move(&ev->certificate, ev->bytes.data + wire.len);
}

static void quote_take(struct evidence_scan *s, struct span wire, enum quote_wrapping wrapping,
                       const struct quote *q)
{
    struct evidence *ev = s->evidence;

    if (!s->has_quote)
        quote_keep(s, wire, binding_find(s, claims_of(s, wrapping, q), q), wrapping);
    else if (!span_equal(wire, ev->wire) && !s->second[0])
        form_render(s, wrapping, s->second);
}

/* Bytes that start like a quote: a known version, and a key type and TEE type of two small bytes.
 */
static bool starts_like_quote(struct span bytes)
{
    struct reader r = reader_of(bytes);
    uint16_t version = reader_u16le(&r), key_type = reader_u16le(&r);
    uint32_t tee = reader_u32le(&r);

    return reader_ok(&r) && version >= 1 && version <= QUOTE_VERSION_5 + 2 && key_type <= 8 &&
           (tee & ~0xffU) == 0;
}

/* Return: true when @bytes are a quote, or would be one if they were complete. */
static bool quote_scan(struct evidence_scan *s, struct span bytes)
{
    enum quote_wrapping wrapping;
    struct span inner = quote_unwrap(bytes, &wrapping);
    struct err err = {0};
    struct quote q;

    if (quote_parse(inner, &q, &err) == 0) {
        quote_take(s, bytes, wrapping, &q);
        return true;
    }
    if (wrapping == QUOTE_WRAPPING_NONE && !starts_like_quote(inner))
        return false;
    if (s->depth == 0 && (wrapping != QUOTE_WRAPPING_NONE || bytes.len >= QUOTE_HEADER_SIZE)) {
        quote_keep(s, bytes, (struct evidence_binding){0}, wrapping);
        return true;
    }
    if (bytes.len >= EVIDENCE_QUOTE_MIN || s->certificate)
        evidence_scan_problem(s, "%s", err.text);
    return false;
}

/* A length in front, little or big endian, of 4, 8 or 2 bytes, that counts the rest. */
static bool length_scan(struct evidence_scan *s, struct span bytes)
{
    static const size_t sizes[] = {4, 8, 2};

    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        uint64_t little = 0, big = 0;
        struct span rest = span_from(bytes, sizes[i]);
        struct quote q;

        if (rest.len < EVIDENCE_QUOTE_MIN)
            return false;
        for (size_t j = 0; j < sizes[i]; j++) {
            little |= (uint64_t)bytes.data[j] << (8 * j);
            big = big << 8 | bytes.data[j];
        }
        if (little != rest.len && big != rest.len)
            continue;
        if (quote_parse(rest, &q, NULL) < 0)
            continue;
        evidence_scan_in(s, rest, "bytes after a length of %zu bytes", sizes[i]);
        return true;
    }
    return false;
}

static void certificate_scan(struct evidence_scan *s, struct span der)
{
    const struct evidence_certificate *outer = s->certificate;
    struct evidence_certificate cert;
    struct err err = {0};

    if (evidence_certificate_parse(der, &cert, &err) < 0) {
        if (s->depth > 0) /* a file may as well be a CRL */
            evidence_scan_problem(s, "%s", err.text);
        return;
    }
    if (!cert.extension)
        return;
    if (cert.evidence_count > 1)
        evidence_scan_problem(s, "%u extensions of the certificate carry evidence",
                              cert.evidence_count);
    if (cert.evidence_count > 1)
        return;
    s->certificate = &cert;
    evidence_scan_in(s, cert.evidence, "certificate, extension %s", cert.extension);
    s->certificate = outer;
}

/* Extensions of some implementations hold the quote in an OCTET STRING of its own. */
static bool octets_scan(struct evidence_scan *s, struct span bytes)
{
    struct der d = der_of(bytes);
    struct span content = der_read(&d, DER_OCTET_STRING);

    if (!der_ok(&d) || content.len < EVIDENCE_QUOTE_MIN)
        return false;
    evidence_scan_bytes(s, content);
    return true;
}

static bool is_text(struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.data[i] < 0x20 && !memchr("\t\n\r\f", bytes.data[i], 4))
            return false;
    return bytes.len > 0;
}

void evidence_scan_bytes(struct evidence_scan *s, struct span bytes)
{
    struct span text = text_strip(bytes);

    if (s->status < 0 || bytes.len == 0)
        return;
    if (evidence_vtpm_is(bytes)) {
        evidence_vtpm_take(s, bytes);
        return;
    }
    if (is_text(text)) {
        evidence_scan_text(s, text);
        return;
    }
    if (quote_scan(s, bytes) || length_scan(s, bytes) || octets_scan(s, bytes))
        return;
    if (bytes.data[0] == DER_SEQUENCE)
        certificate_scan(s, bytes);
    else
        (void)evidence_cbor_scan(s, bytes);
}

static void pem_scan(struct evidence_scan *s, struct span text)
{
    CLEANUP(buf_done) struct buf der = buf_init(EVIDENCE_CERTIFICATE_SIZE_MAX);
    struct err err = {0};
    struct span block;
    int r;

    while ((r = pem_next(&text, "CERTIFICATE", &der, &block, &err)) == 1) {
        evidence_scan_in(s, block, "PEM");
        buf_clear(&der);
    }
    if (r == -ENOMEM)
        s->status = r;
    else if (r < 0)
        evidence_scan_problem(s, "%s", err.text);
}

/* Hex digits with anything between the bytes that people put there: blanks, colons, commas, 0x. */
static bool hex_decode_loose(struct span text, struct buf *out)
{
    uint8_t *to = buf_reserve(out, text.len / 2 + 1);
    int high = -1;

    if (!to)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        int digit = text_hex_digit(c);

        if (c == '0' && high < 0 && i + 1 < text.len && (text.data[i + 1] | 0x20) == 'x') {
            i++;
        } else if (digit >= 0) {
            if (high >= 0)
                to[out->len++] = (uint8_t)(high << 4 | digit);
            high = high >= 0 ? -1 : digit;
        } else if (high >= 0 || !memchr(" \t\r\n:,;", c, 7)) {
            return false;
        }
    }
    return high < 0 && out->len > 0;
}

static void coded_scan(struct evidence_scan *s, struct span text)
{
    CLEANUP(buf_done) struct buf bytes = buf_init(EVIDENCE_SIZE_MAX);
    const unsigned flags = BASE64_SKIP_SPACE | BASE64_ANY;
    bool is_hex = hex_decode_loose(text, &bytes);

    if (is_hex) {
        evidence_scan_in(s, buf_span(&bytes), "hex");
    } else if (buf_status(&bytes) == 0) {
        buf_clear(&bytes);
        if (base64_decode(text, flags, &bytes, NULL) == 0)
            evidence_scan_in(s, buf_span(&bytes), "%s",
                             memchr(text.data, '-', text.len) || memchr(text.data, '_', text.len)
                                 ? "base64url"
                                 : "base64");
        else if (buf_status(&bytes) == 0)
            evidence_yaml_scan(s, text);
    }
    if (buf_status(&bytes) == -ENOMEM)
        s->status = -ENOMEM;
}

/* RFC 2397: "data:...;base64," and the text */
static struct span data_url_strip(struct span text)
{
    const uint8_t *comma;

    if (!span_starts_with(text, span_str("data:")))
        return text;
    comma = memchr(text.data, ',', text.len);
    return comma ? span_from(text, (size_t)(comma - text.data) + 1) : text;
}

void evidence_scan_text(struct evidence_scan *s, struct span text)
{
    text = data_url_strip(text_trim(text));
    if (s->status < 0 || text.len < EVIDENCE_QUOTE_MIN)
        return;
    if (memchr("{[\"", text.data[0], 3) && evidence_json_scan(s, text))
        return;
    if (memmem(text.data, text.len, "-----BEGIN ", 11) && text.data[0] == '-')
        pem_scan(s, text);
    else
        coded_scan(s, text);
}

/* Names of members come from the input, and forms are printed on terminals. */
static void place_clean(struct evidence_place *place)
{
    for (char *p = place->text; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}

PRINTF_LIKE(4, 0)
static void scan_in(struct evidence_scan *s, struct span bytes,
                    void (*scan)(struct evidence_scan *s, struct span bytes), const char *format,
                    va_list args)
{
    struct evidence_place here = {.outer = s->place};

    if (s->depth == EVIDENCE_DEPTH_MAX) {
        evidence_scan_problem(s, "more than %d forms inside each other", EVIDENCE_DEPTH_MAX);
        return;
    }
    vsnprintf(here.text, sizeof(here.text), format, args);
    place_clean(&here);
    s->place = &here;
    s->depth++;
    scan(s, bytes);
    s->depth--;
    s->place = here.outer;
}

void evidence_scan_in(struct evidence_scan *s, struct span bytes, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    scan_in(s, bytes, evidence_scan_bytes, format, args);
    va_end(args);
}

void evidence_scan_text_in(struct evidence_scan *s, struct span text, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    scan_in(s, text, evidence_scan_text, format, args);
    va_end(args);
}
