/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence/certificate.h: certificates that carry evidence (RA-TLS). They are self-signed, so any
 * algorithm is read: crypto/x509.h is for the P-256 certificates of Intel's hierarchy.
 */
#ifndef COFFER_EVIDENCE_CERTIFICATE_H
#define COFFER_EVIDENCE_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    EVIDENCE_CERTIFICATE_SIZE_MAX = 256 * 1024, /* bytes of DER */
};

/** struct evidence_certificate - spans point into the DER */
struct evidence_certificate {
    struct span der;
    struct span subject_cn; /* text of the last commonName; may be empty */
    struct span spki;       /* SubjectPublicKeyInfo, DER with header: what is bound */
    const char *key_name;   /* "P-256", "RSA", ...; "unknown algorithm" */
    int64_t not_before;     /* unix seconds */
    int64_t not_after;
    const char *extension;   /* "2.23.133.5.4.9 (TCG DICE)"; NULL: none carries evidence */
    struct span evidence;    /* content of that extension */
    unsigned evidence_count; /* extensions that carry evidence */
};

/**
 * evidence_certificate_parse() - decode a certificate and find the extension with evidence
 * Return: 0, also when no extension carries evidence; -EBADMSG; -EMSGSIZE.
 */
NODISCARD int evidence_certificate_parse(struct span der, struct evidence_certificate *ret,
                                         struct err *err);

#endif
