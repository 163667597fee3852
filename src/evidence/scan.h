/* SPDX-License-Identifier: Apache-2.0 */
/* evidence/scan.h: the search for a quote, shared by the files of evidence/; for evidence/ only. */
#ifndef COFFER_EVIDENCE_SCAN_H
#define COFFER_EVIDENCE_SCAN_H

#include "evidence/evidence.h"

enum {
    EVIDENCE_PLACE_SIZE = 160, /* bytes of one place, NUL included */
    EVIDENCE_DEPTH_MAX = 8,    /* forms inside each other: base64 in JSON in base64 in ... */
    EVIDENCE_QUOTE_MIN = 700,  /* bytes; every quote is longer, so shorter texts are not decoded */
};

/** struct evidence_place - where the scan is; the innermost is described first */
struct evidence_place {
    const struct evidence_place *outer;
    char text[EVIDENCE_PLACE_SIZE]; /* "base64", "JSON, member quote" */
};

/** struct evidence_scan - state of one search */
struct evidence_scan {
    struct evidence *evidence; /* what is found goes here */
    const struct evidence_place *place;
    unsigned depth;
    struct span claims;                             /* that travel beside the bytes being scanned */
    const struct evidence_certificate *certificate; /* that carries the bytes being scanned */
    struct buf runtime;                             /* runtime data of an Azure vTPM report */
    bool has_vtpm;
    bool has_quote;
    char second[EVIDENCE_FORM_SIZE]; /* the form of a second, different quote; "" */
    char problem[ERR_TEXT_SIZE];     /* of the first thing that looked like evidence; "" */
    int status;                      /* 0, -ENOMEM */
};

/** evidence_scan_bytes() - look for a quote in @bytes, of any form */
void evidence_scan_bytes(struct evidence_scan *s, struct span bytes);

/** evidence_scan_text() - the same for text that is hex, base64, JSON, PEM or YAML */
void evidence_scan_text(struct evidence_scan *s, struct span text);

/** evidence_scan_in() - evidence_scan_bytes() one form further inside, which @format describes */
PRINTF_LIKE(3, 4)
void evidence_scan_in(struct evidence_scan *s, struct span bytes, const char *format, ...);

/** evidence_scan_text_in() - the same for text */
PRINTF_LIKE(3, 4)
void evidence_scan_text_in(struct evidence_scan *s, struct span text, const char *format, ...);

/** evidence_scan_problem() - remember why something that looked like evidence is none */
PRINTF_LIKE(2, 3) void evidence_scan_problem(struct evidence_scan *s, const char *format, ...);

/** evidence_json_scan() - every text and array of numbers in @text. Return: false when @text is not
 * JSON. */
bool evidence_json_scan(struct evidence_scan *s, struct span text);

/** evidence_yaml_scan() - every value of "key: value" lines, block scalars included */
void evidence_yaml_scan(struct evidence_scan *s, struct span text);

/** evidence_cbor_scan() - every string in @bytes. Return: false when it is not one CBOR item. */
bool evidence_cbor_scan(struct evidence_scan *s, struct span bytes);

/** evidence_vtpm_is() - does @bytes start like an Azure vTPM report ("HCLA")? */
bool evidence_vtpm_is(struct span bytes);

/** evidence_vtpm_take() - keep the runtime data of a report for the binding of the quote beside it
 */
void evidence_vtpm_take(struct evidence_scan *s, struct span bytes);

#endif
