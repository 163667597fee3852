/* SPDX-License-Identifier: Apache-2.0 */
/* codec/hex.h: hexadecimal text to bytes, either case. Writing is buf_put_hex(). */
#ifndef COFFER_CODEC_HEX_H
#define COFFER_CODEC_HEX_H

#include "base/buf.h"
#include "base/span.h"

/** hex_decode_fixed() - exactly @size bytes from 2 * @size digits. Return: 0; -EBADMSG, @to then
 * undefined. */
NODISCARD int hex_decode_fixed(struct span text, uint8_t *to, size_t size);

/** hex_decode() - append to @out. Return: 0; -EBADMSG (odd count, other characters); what @out
 * latched. */
NODISCARD int hex_decode(struct span text, struct buf *out);

#endif
