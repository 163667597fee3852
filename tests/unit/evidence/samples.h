/* SPDX-License-Identifier: Apache-2.0 */
/* tests/unit/evidence/samples.h: a quote and a certificate for the tests of evidence/. */
#ifndef COFFER_TESTS_EVIDENCE_SAMPLES_H
#define COFFER_TESTS_EVIDENCE_SAMPLES_H

#include "codec/der_writer.h"
#include "crypto/cert_make.h"
#include "quote/quote.h"

enum {
    SAMPLE_SIZE_MAX = 64 * 1024,
};

/** sample_quote() - a TD's quote, version 4, with @report_data at its start; never signed */
static inline struct buf sample_quote(struct span report_data)
{
    static uint8_t filler[1024];
    struct quote q = {.header = {.version = QUOTE_VERSION_4,
                                 .key_type = QUOTE_KEY_ECDSA_P256,
                                 .tee = QUOTE_TEE_TDX},
                      .body_type = QUOTE_BODY_TD10};
    struct buf out = buf_init(SAMPLE_SIZE_MAX);

    for (size_t i = 0; i < sizeof(filler); i++)
        filler[i] = (uint8_t)(i * 7 + i / 256);
    if (report_data.len > 0)
        memcpy(q.td.report_data, report_data.data, report_data.len);
    memcpy(q.header.vendor_id, QUOTE_VENDOR_INTEL, sizeof(QUOTE_VENDOR_INTEL));
    memcpy(q.td.mrtd, filler + 100, sizeof(q.td.mrtd));
    q.auth.signature = span_of(filler, QUOTE_SIGNATURE_SIZE);
    q.auth.key = span_of(filler + 1, QUOTE_KEY_SIZE);
    q.auth.qe_report_signature = span_of(filler + 2, QUOTE_SIGNATURE_SIZE);
    q.auth.qe_auth_data = span_of(filler, 32);
    q.auth.outer_cert_type = QUOTE_CERT_QE_REPORT;
    q.auth.cert_type = QUOTE_CERT_PCK_CHAIN;
    q.auth.cert_data = span_of(filler, 200);
    quote_render(&q, &out);
    return out;
}

/** sample_certificate() - signed by @key for @key, with an extension of @oid that holds @content */
static inline struct buf sample_certificate(struct ec_key *key, struct span oid,
                                            struct span content)
{
    struct buf extension = buf_init(SAMPLE_SIZE_MAX), body = buf_init(SAMPLE_SIZE_MAX);
    struct der_writer w = der_writer_of(&extension);
    struct cert_spec spec = {.subject = {"A TLS server", "Test"},
                             .issuer = {"A TLS server", "Test"},
                             .subject_key = ec_key_public(key),
                             .serial = {0x41},
                             .not_before = 1780272000,
                             .not_after = 1806192000,
                             .crl_url = "https://test.invalid/crl"};

    der_writer_begin(&w, DER_SEQUENCE);
    der_writer_put_oid(&w, oid);
    der_writer_put(&w, DER_OCTET_STRING, content);
    der_writer_end(&w);
    spec.extension = buf_span(&extension);
    if (cert_make(&spec, key, &body, NULL) < 0)
        body.status = -1;
    buf_done(&extension);
    return body;
}

/** sample_spki() - SubjectPublicKeyInfo of @key */
static inline struct buf sample_spki(struct ec_key *key)
{
    static const uint8_t head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    struct buf out = buf_init(SAMPLE_SIZE_MAX);

    buf_put(&out, span_of(head, sizeof(head)));
    buf_put(&out, span_of(ec_key_public(key), EC_PUBLIC_SIZE));
    return out;
}

#endif
