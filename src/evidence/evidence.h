/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence/evidence.h: find the one quote in whatever a relying party holds in its hands.
 *
 * Read are, alone and inside each other: a raw quote, with or without a header of Open Enclave or a
 * length in front; hex, base64 and base64url; members of JSON and YAML (texts, and arrays of
 * numbers); CBOR; certificates that carry evidence in an extension (RA-TLS), in PEM or DER; and
 * Azure's vTPM report beside a quote. docs/evidence.md lists the forms.
 *
 * Finding a quote says nothing about trust: verify/ judges what was found. What this room does
 * decide is whether the form binds the quote to something (a certificate's key, claims, runtime
 * data), because only the form knows what should be bound.
 */
#ifndef COFFER_EVIDENCE_EVIDENCE_H
#define COFFER_EVIDENCE_EVIDENCE_H

#include "base/buf.h"
#include "base/err.h"
#include "evidence/binding.h"
#include "evidence/certificate.h"

enum {
    EVIDENCE_SIZE_MAX = 4 * 1024 * 1024, /* bytes of an input, and of anything decoded from it */
    EVIDENCE_FORM_SIZE = 256,            /* bytes of a description, NUL included */
    EVIDENCE_LOOKS_CODED_MIN = 64,       /* characters; a shorter text is a word, not base64 */
};

/** struct evidence - what evidence_find() found; release with evidence_done() */
struct evidence {
    char form[EVIDENCE_FORM_SIZE]; /* "base64 in JSON, member evidence.quote"; "raw" */
    struct span wire;              /* the quote with its header of Open Enclave and its padding */
    bool is_raw;                   /* @wire is the whole input; otherwise it points into @bytes */
    struct evidence_binding binding;
    bool has_certificate;
    struct evidence_certificate certificate; /* spans point into @bytes */
    struct buf bytes;                        /* copies of the quote and the certificate, owned */
};

/**
 * evidence_find() - the one quote in @input, which must outlive @ret
 * @ret: written only on success; release with evidence_done()
 *
 * Bytes that start like a quote are taken for a raw one even when they cannot be decoded: verifying
 * them gives the reason.
 *
 * Return: 0; -EBADMSG when there is no quote, with what @input looks like; -ENOTUNIQ when it holds
 * two different quotes; -EMSGSIZE above EVIDENCE_SIZE_MAX; -ENOMEM.
 */
NODISCARD int evidence_find(struct span input, struct evidence *ret, struct err *err);
void evidence_done(struct evidence *evidence);

/** evidence_looks() - what @input looks like, for a message: "JSON", "an ELF file", "text" */
const char *evidence_looks(struct span input);

#endif
