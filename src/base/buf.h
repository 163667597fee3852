/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/buf.h: a growing byte buffer with a ceiling. Appending latches: after the first failure
 * every call is a no-op and buf_status() tells why, so that a writer needs one check at its end.
 */
#ifndef COFFER_BASE_BUF_H
#define COFFER_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"

/** struct buf - initialise with buf_init(), release with buf_done() */
struct buf {
    uint8_t *data;
    size_t len;  /* bytes used */
    size_t size; /* bytes allocated */
    size_t max;  /* ceiling in bytes */
    int status;  /* 0, -ENOMEM, or -EMSGSIZE when @max would be crossed */
};

static inline struct buf buf_init(size_t max)
{
    return (struct buf){.max = max};
}

/** buf_done() - release the bytes; the buffer may be used again afterwards */
void buf_done(struct buf *b);

/** buf_reserve() - room for @len more bytes. Return: where they go, or NULL after a failure. */
uint8_t *buf_reserve(struct buf *b, size_t len);

void buf_put(struct buf *b, struct span bytes);
void buf_put_str(struct buf *b, const char *text);
void buf_put_u8(struct buf *b, uint8_t value);
void buf_put_u16le(struct buf *b, uint16_t value);
void buf_put_u32le(struct buf *b, uint32_t value);
void buf_put_u64le(struct buf *b, uint64_t value);
void buf_put_zero(struct buf *b, size_t count);
PRINTF_LIKE(2, 3) void buf_printf(struct buf *b, const char *format, ...);
PRINTF_LIKE(2, 0) void buf_vprintf(struct buf *b, const char *format, va_list args);

/** buf_put_hex() - lower-case hexadecimal digits of @bytes */
void buf_put_hex(struct buf *b, struct span bytes);

/** buf_put_json_string() - @text as a JSON string with its quotes; bytes that are not UTF-8 become
 * U+FFFD */
void buf_put_json_string(struct buf *b, struct span text);

/** buf_put_printable() - a stranger's text for a terminal: bytes outside ' ' to '~' become '?' */
void buf_put_printable(struct buf *b, struct span text);

/** buf_clear() - forget content and failure, keep the allocation */
void buf_clear(struct buf *b);

/** buf_span() - the content; borrowed until the next call that changes the buffer */
static inline struct span buf_span(const struct buf *b)
{
    return span_of(b->data, b->len);
}

/** buf_status() - 0, or the first failure of any append since init or clear */
NODISCARD static inline int buf_status(const struct buf *b)
{
    return b->status;
}

/** buf_cstr() - the content as a C string; its NUL is not counted in len. Return: "" after a
 * failure
 */
const char *buf_cstr(struct buf *b);

/** buf_take() - hand over the malloc()ed bytes, which end with a NUL; NULL after a failure.
 *  @ret_len does not count the NUL and may be NULL. The buffer is empty afterwards. */
uint8_t *buf_take(struct buf *b, size_t *ret_len);

#endif
