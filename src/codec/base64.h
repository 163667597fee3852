/* SPDX-License-Identifier: Apache-2.0 */
/* codec/base64.h: base64 and base64url (RFC 4648), strict. */
#ifndef COFFER_CODEC_BASE64_H
#define COFFER_CODEC_BASE64_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum base64_flags {
    BASE64_STANDARD = 0,
    BASE64_URL = 1 << 0,        /* '-' and '_' */
    BASE64_NO_PADDING = 1 << 1, /* encode without '='; decode refuses '=' */
    BASE64_SKIP_SPACE = 1 << 2, /* decode: blanks and line ends are ignored */
    BASE64_ANY = 1 << 3,        /* decode: both alphabets, padding optional */
};

/** base64_put() - append the encoding of @bytes; latches in @out */
void base64_put(struct buf *out, struct span bytes, unsigned flags);

/**
 * base64_decode() - append the decoded bytes to @out
 * Trailing bits that are not zero are refused. Return: 0; -EBADMSG; what @out latched.
 */
NODISCARD int base64_decode(struct span text, unsigned flags, struct buf *out, struct err *err);

#endif
