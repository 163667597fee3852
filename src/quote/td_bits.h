/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote/td_bits.h: the names of the bits of a TD's ATTRIBUTES and XFAM. Source: Intel TDX Module
 * ABI Specification, "ATTRIBUTES" and "XFAM"; the names are those of Linux (asm/shared/tdx.h).
 */
#ifndef COFFER_QUOTE_TD_BITS_H
#define COFFER_QUOTE_TD_BITS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum {
    TD_BITS_NAME_SIZE = 8, /* bytes of "bit63", NUL included */
};

enum td_bits_kind {
    TD_BITS_NONE = 0,
    TD_BITS_ATTRIBUTES,
    TD_BITS_XFAM,
};

/* Bits of ATTRIBUTES that a verifier decides about. Bits 0 to 7 (TUD, "TD under debug") say that
 * the TD's secrets can be observed. */
#define TD_BITS_DEBUG           (UINT64_C(1) << 0)
#define TD_BITS_HGS_PLUS_PROF   (UINT64_C(1) << 4)
#define TD_BITS_PERF_PROF       (UINT64_C(1) << 5)
#define TD_BITS_PMT_PROF        (UINT64_C(1) << 6)
#define TD_BITS_SEPT_VE_DISABLE (UINT64_C(1) << 28)
#define TD_BITS_MIGRATABLE      (UINT64_C(1) << 29)

/** td_bits_known() - the bits that the specification defines; every other bit is reserved */
uint64_t td_bits_known(enum td_bits_kind kind);

/** td_bits_name() - the name of bit @bit, or "bitN" in @text */
const char *td_bits_name(enum td_bits_kind kind, unsigned bit, char text[static TD_BITS_NAME_SIZE]);

/** td_bits_put() - "DEBUG SEPT_VE_DISABLE bit12" for the bits of @value; latches in @out */
void td_bits_put(enum td_bits_kind kind, uint64_t value, const char *separator, struct buf *out);

/**
 * td_bits_parse() - "PERF_PROF,bit12"
 * Return: 0 and the bits; -EINVAL with the word that is neither a name nor bit0 to bit63.
 */
NODISCARD int td_bits_parse(enum td_bits_kind kind, struct span words, uint64_t *ret,
                            struct err *err);

/** td_bits_of() - eight bytes of a report, little endian */
uint64_t td_bits_of(const uint8_t bytes[static 8]);

#endif
