/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A quote is shown field by field, in the order of its bytes, from tables with the name and the
 * size of each field. The tables repeat the layouts that quote/ parses into structures. That is on
 * purpose: the account shows every byte with its place, reserved ones included, while the
 * structures keep values. The sizes cannot drift apart unseen, since tests/process/test_inspect.py
 * compares each field of each kind of quote with the second implementation's.
 */
#include <errno.h>
#include <stdio.h>

#include "base/reader.h"
#include "base/text.h"
#include "cmd/inspect.h"
#include "quote/open_enclave.h"
#include "quote/quote.h"
#include "quote/td_bits.h"

enum {
    FLAGS_TEXT_SIZE = 128,    /* bytes; all names of one table fit */
    TD_BITS_TEXT_SIZE = 1024, /* bytes; the names of 64 bits fit */
};

enum field_kind {
    FIELD_HEX,
    FIELD_NUMBER,
    FIELD_RESERVED,
    FIELD_ATTRIBUTES,   /* of an enclave: flags and XFRM */
    FIELD_TDATTRIBUTES, /* of a TD */
    FIELD_XFAM,         /* of a TD */
};

struct field {
    const char *name;
    size_t size; /* bytes */
    enum field_kind kind;
};

static const struct field enclave_fields[] = {
    {"cpusvn", 16, FIELD_HEX},
    {"miscselect", 4, FIELD_NUMBER},
    {"reserved1", 12, FIELD_RESERVED},
    {"isvextprodid", 16, FIELD_HEX},
    {"attributes", 16, FIELD_ATTRIBUTES},
    {"mrenclave", 32, FIELD_HEX},
    {"reserved2", 32, FIELD_RESERVED},
    {"mrsigner", 32, FIELD_HEX},
    {"reserved3", 32, FIELD_RESERVED},
    {"configid", 64, FIELD_HEX},
    {"isvprodid", 2, FIELD_NUMBER},
    {"isvsvn", 2, FIELD_NUMBER},
    {"configsvn", 2, FIELD_NUMBER},
    {"reserved4", 42, FIELD_RESERVED},
    {"isvfamilyid", 16, FIELD_HEX},
    {"report_data", 64, FIELD_HEX},
};

/* The shorter TD reports are prefixes of the longest: the first 15 fields are TD report 1.0, two
 * more make TD report 1.5, the rest its extension. Reading stops where the body ends. */
static const struct field td_fields[] = {
    {"tee_tcb_svn", 16, FIELD_HEX},
    {"mrseam", 48, FIELD_HEX},
    {"mrsignerseam", 48, FIELD_HEX},
    {"seamattributes", 8, FIELD_HEX},
    {"tdattributes", 8, FIELD_TDATTRIBUTES},
    {"xfam", 8, FIELD_XFAM},
    {"mrtd", 48, FIELD_HEX},
    {"mrconfigid", 48, FIELD_HEX},
    {"mrowner", 48, FIELD_HEX},
    {"mrownerconfig", 48, FIELD_HEX},
    {"rtmr0", 48, FIELD_HEX},
    {"rtmr1", 48, FIELD_HEX},
    {"rtmr2", 48, FIELD_HEX},
    {"rtmr3", 48, FIELD_HEX},
    {"report_data", 64, FIELD_HEX},
    {"tee_tcb_svn2", 16, FIELD_HEX},
    {"mrservicetd", 48, FIELD_HEX},
    {"vmid", 1, FIELD_NUMBER},
    {"td_id", 32, FIELD_HEX},
    {"devinfo", 48, FIELD_HEX},
    {"init_servtd_hash", 48, FIELD_HEX},
    {"init_servtd_attr", 8, FIELD_HEX},
    {"init_cpusvn", 16, FIELD_HEX},
    {"init_tee_tcb_svn", 16, FIELD_HEX},
    {"init_fmspc", 12, FIELD_HEX},
    {"cur_servtd_hash", 48, FIELD_HEX},
    {"cur_servtd_attr", 8, FIELD_HEX},
};

static const struct field header_fields[] = {
    {"version", 2, FIELD_NUMBER}, {"attestation_key_type", 2, FIELD_NUMBER},
    {"tee", 4, FIELD_NUMBER},     {"qe_svn", 2, FIELD_NUMBER},
    {"pce_svn", 2, FIELD_NUMBER}, {"vendor_id", 16, FIELD_HEX},
    {"user_data", 20, FIELD_HEX},
};

struct flag {
    unsigned bit;
    const char *name;
};

/* Intel SDM, ATTRIBUTES structure */
static const struct flag enclave_flags[] = {
    {0, "INIT"}, {1, "DEBUG"}, {2, "MODE64"},     {4, "PROVISION"}, {5, "LAUNCH"},
    {6, "CET"},  {7, "KSS"},   {10, "AEXNOTIFY"}, {0, NULL},
};

static void flags_put(struct account *a, const char *name, struct span bytes,
                      const struct flag *flags)
{
    char note[FLAGS_TEXT_SIZE] = "";
    struct reader r = reader_of(bytes);
    uint64_t value = reader_u64le(&r);

    for (const struct flag *f = flags; f->name; f++) {
        size_t len = strlen(note);

        if (value >> f->bit & 1)
            snprintf(note + len, sizeof(note) - len, "%s%s", len ? " " : "", f->name);
    }
    account_hex_noted(a, name, bytes, note);
}

/* The bytes, and on lines of their own the names of all bits that are set. */
static void td_bits_field_put(struct account *a, const char *name, const char *bits_name,
                              struct span bytes, enum td_bits_kind kind)
{
    CLEANUP(buf_done) struct buf text = buf_init(TD_BITS_TEXT_SIZE);
    struct span words[64], rest;
    size_t count = 0;

    td_bits_put(kind, td_bits_of(bytes.data), " ", &text);
    if (buf_status(&text) < 0)
        account_problem(a, buf_status(&text), "no memory for the names of bits");
    rest = buf_span(&text);
    while (rest.len > 0)
        words[count++] = text_split(&rest, ' ');
    account_hex(a, name, bytes);
    if (!a->json) /* the JSON form is the object of coffer verify, which has values only */
        account_words(a, bits_name, words, count);
}

static uint64_t number_of(struct span bytes)
{
    uint64_t value = 0;

    for (size_t i = bytes.len; i > 0; i--)
        value = value << 8 | bytes.data[i - 1];
    return value;
}

static void field_put(struct account *a, const struct field *f, struct span bytes)
{
    switch (f->kind) {
    case FIELD_HEX:
        account_hex(a, f->name, bytes);
        return;
    case FIELD_NUMBER:
        account_number(a, f->name, number_of(bytes), bytes);
        return;
    case FIELD_RESERVED:
        if (!a->json || a->bytes)
            account_reserved(a, f->name, bytes);
        return;
    case FIELD_ATTRIBUTES:
        flags_put(a, f->name, bytes, enclave_flags);
        return;
    case FIELD_TDATTRIBUTES:
        td_bits_field_put(a, f->name, "tdattributes_bits", bytes, TD_BITS_ATTRIBUTES);
        return;
    case FIELD_XFAM:
        td_bits_field_put(a, f->name, "xfam_bits", bytes, TD_BITS_XFAM);
        return;
    }
}

static void fields_put(struct account *a, const struct field *fields, size_t count,
                       struct span bytes)
{
    struct reader r = reader_of(bytes);

    for (size_t i = 0; i < count && r.rest.len > 0; i++)
        field_put(a, &fields[i], reader_bytes(&r, fields[i].size));
}

static void enclave_put(struct account *a, const char *name, struct span body)
{
    account_begin(a, name, body);
    fields_put(a, enclave_fields, ARRAY_COUNT(enclave_fields), body);
    account_end(a);
}

/* The TEE is shown by name; all other fields of the header come from their table. */
static void header_put(struct account *a, const struct quote *q)
{
    struct reader r = reader_of(span_sub(q->wire, 0, QUOTE_HEADER_SIZE));

    for (size_t i = 0; i < ARRAY_COUNT(header_fields); i++) {
        struct span bytes = reader_bytes(&r, header_fields[i].size);

        if (strcmp(header_fields[i].name, "tee") == 0)
            account_text(a, "tee", span_str(q->header.tee == QUOTE_TEE_TDX ? "TDX" : "SGX"), bytes);
        else
            field_put(a, &header_fields[i], bytes);
    }
}

static void body_put(struct account *a, const struct quote *q)
{
    struct span type = span_of(NULL, 0);

    if (q->header.version == QUOTE_VERSION_5)
        type = span_sub(q->wire, QUOTE_HEADER_SIZE, 2);
    account_number(a, "body_type", q->body_type, type);
    account_string(a, "body_name", quote_body_name(q->body_type));
    account_flag(a, "debug", quote_is_debug(q));
    if (!quote_is_td(q)) {
        enclave_put(a, "body", q->body);
        return;
    }
    account_begin(a, "body", q->body);
    fields_put(a, td_fields, ARRAY_COUNT(td_fields), q->body);
    account_end(a);
}

/* People do not get the text of certificates in hex: the certificates follow, field by field. */
static void certification_put(struct account *a, const struct quote_auth *auth)
{
    bool is_pem = auth->cert_type == QUOTE_CERT_PCK_LEAF || auth->cert_type == QUOTE_CERT_PCK_CHAIN;

    account_number(a, "cert_type", auth->cert_type, span_of(NULL, 0));
    account_string(a, "cert_type_name", quote_cert_type_name(auth->cert_type));
    if (a->json || !is_pem)
        account_hex(a, "cert_data", auth->cert_data);
    else
        account_text(a, "cert_data", span_str("certificates, see below"), auth->cert_data);
}

static void auth_put(struct account *a, const struct quote *q)
{
    const struct quote_auth *auth = &q->auth;

    account_hex(a, "signature", auth->signature);
    account_hex(a, "attestation_key", auth->key);
    enclave_put(a, "qe_report", auth->qe_report);
    account_hex(a, "qe_report_signature", auth->qe_report_signature);
    account_hex(a, "qe_auth_data", auth->qe_auth_data);
    certification_put(a, auth);
    account_number(a, "trailing_bytes", q->trailing.len, q->trailing);
}

static void ppid_put(struct account *a, const struct quote_auth *auth)
{
    struct quote_ppid ppid;

    if (quote_parse_ppid(auth, &ppid, NULL) < 0)
        return;
    account_begin(a, "platform", auth->cert_data);
    account_hex(a, auth->cert_type == QUOTE_CERT_PPID_CLEAR ? "ppid" : "encrypted_ppid", ppid.ppid);
    account_hex(a, "cpusvn", ppid.cpusvn);
    account_number(a, "pcesvn", ppid.pcesvn, span_of(NULL, 0));
    account_hex(a, "pceid", ppid.pceid);
    account_end(a);
    if (!a->json)
        account_string(a, "note", "needs the PCK certificate from a collateral service");
}

int inspect_quote(struct account *a, struct span wire, struct err *err)
{
    enum quote_wrapping wrapping;
    struct span inner = quote_unwrap(wire, &wrapping);
    struct quote q;
    int r = quote_parse(inner, &q, err);

    if (r < 0)
        return r;
    account_string(a, "kind", "quote");
    account_string(a, "wrapping", quote_wrapping_name(wrapping));
    account_begin(a, "quote", inner);
    header_put(a, &q);
    body_put(a, &q);
    auth_put(a, &q);
    account_end(a);
    ppid_put(a, &q.auth);
    if (q.auth.cert_type == QUOTE_CERT_PCK_LEAF || q.auth.cert_type == QUOTE_CERT_PCK_CHAIN)
        inspect_chain_fields(a, q.auth.cert_data);
    return 0;
}
