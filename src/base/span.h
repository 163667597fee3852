/* SPDX-License-Identifier: Apache-2.0 */
/* base/span.h: a borrowed view of bytes. It owns nothing and is valid as long as they are. */
#ifndef COFFER_BASE_SPAN_H
#define COFFER_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *data; /* may be NULL when len is 0 */
    size_t len;          /* bytes */
};

static inline struct span span_of(const void *data, size_t len)
{
    return (struct span){.data = data, .len = len};
}

/** span_str() - the bytes of a C string, without its NUL */
static inline struct span span_str(const char *text)
{
    return span_of(text, strlen(text));
}

/** span_sub() - @len bytes from @offset; the empty span when they are not all there */
static inline struct span span_sub(struct span s, size_t offset, size_t len)
{
    if (offset > s.len || len > s.len - offset)
        return span_of(NULL, 0);
    return span_of(s.data ? s.data + offset : NULL, len); /* NULL + 0 is undefined in C */
}

/** span_from() - all bytes from @offset on; the empty span when @offset is past the end */
static inline struct span span_from(struct span s, size_t offset)
{
    if (offset >= s.len)
        return span_of(NULL, 0);
    return span_of(s.data + offset, s.len - offset);
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool span_equal_str(struct span a, const char *text)
{
    return span_equal(a, span_str(text));
}

static inline bool span_starts_with(struct span s, struct span prefix)
{
    return s.len >= prefix.len && span_equal(span_sub(s, 0, prefix.len), prefix);
}

/** span_is_zero() - true when every byte is 0 (and for the empty span) */
static inline bool span_is_zero(struct span s)
{
    uint8_t bits = 0;

    for (size_t i = 0; i < s.len; i++)
        bits |= s.data[i];
    return bits == 0;
}

#endif
