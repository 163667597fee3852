/* SPDX-License-Identifier: Apache-2.0 */
/* codec/pem.h: PEM blocks (RFC 7468), read and written. */
#ifndef COFFER_CODEC_PEM_H
#define COFFER_CODEC_PEM_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/**
 * pem_next() - find and decode the next block of @label in @text
 * @text:  what is left to read; advanced past the block that was found
 * @label: "CERTIFICATE"; blocks of other labels are skipped
 * @into:  the decoded bytes are appended; its max bounds them
 * @ret:   the decoded block, borrowed from @into until it changes
 *
 * Return: 1 and @ret; 0 when there is no further block; -EBADMSG for a broken block; -EMSGSIZE or
 * -ENOMEM as @into latches.
 */
NODISCARD int pem_next(struct span *text, const char *label, struct buf *into, struct span *ret,
                       struct err *err);

/** pem_put() - append @der as a block of @label, 64 columns; latches in @out */
void pem_put(struct buf *out, const char *label, struct span der);

#endif
