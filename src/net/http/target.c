/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http/target.h"

#include <errno.h>

#include "base/text.h"

static bool text_decode(struct span text, bool plus_is_blank, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        int high, low;

        if (text.data[i] != '%') {
            buf_put_u8(out, plus_is_blank && text.data[i] == '+' ? ' ' : text.data[i]);
            continue;
        }
        if (text.len - i < 3)
            return false;
        high = text_hex_digit(text.data[i + 1]);
        low = text_hex_digit(text.data[i + 2]);
        if (high < 0 || low < 0 || high + low == 0)
            return false;
        buf_put_u8(out, (uint8_t)(high << 4 | low));
        i += 2;
    }
    return true;
}

bool http_target_decode(struct span text, struct buf *out)
{
    return text_decode(text, false, out) && buf_status(out) == 0;
}

bool http_target_query_find(struct span query, const char *name, struct span *ret)
{
    while (query.len) {
        struct span pair = text_split(&query, '&');
        struct span key = text_split(&pair, '=');

        if (span_equal_str(key, name)) {
            *ret = pair;
            return true;
        }
    }
    return false;
}

int http_target_query_value(struct span query, const char *name, struct buf *out)
{
    struct span value;

    if (!http_target_query_find(query, name, &value))
        return 0;
    if (!text_decode(value, true, out))
        return -EBADMSG;
    return buf_status(out) < 0 ? buf_status(out) : 1;
}
