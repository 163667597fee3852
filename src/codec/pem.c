/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/pem.h"

#include <errno.h>
#include <stdio.h>

#include "codec/base64.h"

enum {
    PEM_LABEL_MAX = 40, /* bytes */
    PEM_COLUMNS = 64,   /* digits of a line, RFC 7468 */
};

/* The offset of @needle in @text; text.len when it does not occur. */
static size_t text_find(struct span text, const char *needle)
{
    const uint8_t *at = text.len ? memmem(text.data, text.len, needle, strlen(needle)) : NULL;

    return at ? (size_t)(at - text.data) : text.len;
}

int pem_next(struct span *text, const char *label, struct buf *into, struct span *ret,
             struct err *err)
{
    char begin[PEM_LABEL_MAX + 20], end[PEM_LABEL_MAX + 20];
    size_t at, len, before = into->len;
    struct span body;
    int r;

    snprintf(begin, sizeof(begin), "-----BEGIN %.*s-----", PEM_LABEL_MAX, label);
    snprintf(end, sizeof(end), "-----END %.*s-----", PEM_LABEL_MAX, label);
    at = text_find(*text, begin);
    if (at == text->len)
        return 0;
    body = span_from(*text, at + strlen(begin));
    len = text_find(body, end);
    if (len == body.len)
        return err_set(err, -EBADMSG, "pem: %s block without its END line", label);
    *text = span_from(body, len + strlen(end));
    r = base64_decode(span_sub(body, 0, len), BASE64_SKIP_SPACE, into, err);
    if (r < 0)
        return err_wrap(err, "pem: %s block", label);
    *ret = span_from(buf_span(into), before);
    return 1;
}

void pem_put(struct buf *out, const char *label, struct span der)
{
    buf_printf(out, "-----BEGIN %s-----\n", label);
    for (size_t i = 0; i < der.len; i += PEM_COLUMNS / 4 * 3) {
        base64_put(out, span_sub(der, i, MIN(der.len - i, (size_t)(PEM_COLUMNS / 4 * 3))), 0);
        buf_put_u8(out, '\n');
    }
    buf_printf(out, "-----END %s-----\n", label);
}
