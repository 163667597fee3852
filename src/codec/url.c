/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/url.h"

#include <errno.h>

#include "codec/hex.h"

int url_decode(struct span text, struct buf *out)
{
    while (text.len > 0) {
        const uint8_t *percent = memchr(text.data, '%', text.len);
        size_t plain = percent ? (size_t)(percent - text.data) : text.len;
        uint8_t byte;

        buf_put(out, span_sub(text, 0, plain));
        text = span_from(text, plain);
        if (text.len == 0)
            break;
        if (hex_decode_fixed(span_sub(text, 1, 2), &byte, 1) < 0)
            return -EBADMSG;
        buf_put_u8(out, byte);
        text = span_from(text, 3);
    }
    return buf_status(out);
}
