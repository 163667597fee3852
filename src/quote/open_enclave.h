/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote/open_enclave.h: the two headers that Open Enclave puts before a quote.
 *
 * A report is a 16-byte header (u32 version 1, u32 type, u64 size) and the quote. Evidence is a
 * 32-byte header (u32 version, UUID of the format, four bytes of padding, u64 size), the quote, and
 * the custom claims: the report data of the quote starts with their SHA-256. The size counts all
 * bytes after the header; more bytes after those are padding.
 * Source: openenclave include/openenclave/internal/report.h, .../attestation/plugin.h.
 */
#ifndef COFFER_QUOTE_OPEN_ENCLAVE_H
#define COFFER_QUOTE_OPEN_ENCLAVE_H

#include "base/span.h"

enum {
    OPEN_ENCLAVE_REPORT_HEADER_SIZE = 16,   /* bytes */
    OPEN_ENCLAVE_EVIDENCE_HEADER_SIZE = 32, /* bytes */
};

enum quote_wrapping {
    QUOTE_WRAPPING_NONE = 0,
    QUOTE_WRAPPING_REPORT,   /* remote report, type 2 */
    QUOTE_WRAPPING_EVIDENCE, /* format SGX ECDSA or TDX quote */
};

/**
 * quote_unwrap() - the quote that a header of Open Enclave precedes, with the claims after it; all
 * of @wire when it does not start with such a header
 * A header whose size exceeds the bytes that follow it is not taken for one.
 */
struct span quote_unwrap(struct span wire, enum quote_wrapping *ret);

/** quote_wrapping_name() - "none", "open-enclave-report", "open-enclave-evidence" */
const char *quote_wrapping_name(enum quote_wrapping wrapping);

#endif
