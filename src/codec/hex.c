/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/hex.h"

#include <errno.h>

#include "base/text.h"

int hex_decode_fixed(struct span text, uint8_t *to, size_t size)
{
    if (text.len != 2 * size)
        return -EBADMSG;
    for (size_t i = 0; i < size; i++) {
        int high = text_hex_digit(text.data[2 * i]);
        int low = text_hex_digit(text.data[2 * i + 1]);

        if (high < 0 || low < 0)
            return -EBADMSG;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

int hex_decode(struct span text, struct buf *out)
{
    uint8_t *to;
    int r;

    if (text.len % 2 != 0)
        return -EBADMSG;
    if (text.len == 0)
        return buf_status(out);
    to = buf_reserve(out, text.len / 2);
    if (!to)
        return buf_status(out);
    r = hex_decode_fixed(text, to, text.len / 2);
    if (r < 0)
        return r;
    out->len += text.len / 2;
    return 0;
}
