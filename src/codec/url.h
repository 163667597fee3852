/* SPDX-License-Identifier: Apache-2.0 */
/* codec/url.h: percent-encoding (RFC 3986, section 2.1), as services use it in header fields. */
#ifndef COFFER_CODEC_URL_H
#define COFFER_CODEC_URL_H

#include "base/buf.h"
#include "base/span.h"

/** url_decode() - append @text with each %XX replaced by its byte; a '+' stays. Return: 0; -EBADMSG
 * for a '%' without two hex digits; what @out latched. */
NODISCARD int url_decode(struct span text, struct buf *out);

#endif
