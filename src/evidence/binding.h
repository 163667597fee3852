/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence/binding.h: does a quote's report data bind what the form of the evidence says it binds?
 * Report data are 64 bytes that the enclave or TD chose; a form puts a hash there.
 */
#ifndef COFFER_EVIDENCE_BINDING_H
#define COFFER_EVIDENCE_BINDING_H

#include <stdbool.h>

#include "base/macros.h"
#include "base/span.h"

enum {
    EVIDENCE_BINDING_SIZE = 160, /* bytes of the text, NUL included */
};

/** enum evidence_bound - zero is not established */
enum evidence_bound {
    EVIDENCE_UNBOUND = 0, /* the form binds nothing */
    EVIDENCE_BOUND,
    EVIDENCE_NOT_BOUND, /* the form should bind something, and the report data do not */
};

struct evidence_binding {
    enum evidence_bound state;
    char text[EVIDENCE_BINDING_SIZE]; /* what is bound and how, or what is missing */
};

/**
 * evidence_binding_key() - is the key of a certificate bound?
 * @spki:        SubjectPublicKeyInfo, DER
 * @claims:      claims that travel beside the quote (CBOR of TCG DICE, or Open Enclave's); may be
 *               empty. With claims, report data must be their hash and the claims must name the
 * key.
 * @report_data: 64 bytes
 * Return: 0 and @ret; -ENOMEM.
 */
NODISCARD int evidence_binding_key(struct span spki, struct span claims, struct span report_data,
                                   struct evidence_binding *ret);

/** evidence_binding_bytes() - are report data the hash of @bytes? @what names them in the text. */
struct evidence_binding evidence_binding_bytes(const char *what, struct span bytes,
                                               struct span report_data);

#endif
