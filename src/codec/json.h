/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/json.h: strict pull reader for JSON (RFC 8259) over bytes in memory. One pass, no
 * allocation, bounded nesting; every value is also available as the slice of bytes as received,
 * which is what a signature covers. Latching: after the first violation every read is a no-op and
 * json_reader_done() tells why.
 *
 *     struct json_reader r = json_reader_of(text);
 *     json_enter_object(&r);
 *     while (json_next_member(&r, &key))
 *         if (span_equal_str(key, "fmspc"))
 *             json_hex_fixed(&r, fmspc, 6);
 *         else
 *             json_skip(&r);
 *     return json_reader_done(&r, err);
 */
#ifndef COFFER_CODEC_JSON_H
#define COFFER_CODEC_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/macros.h"
#include "base/span.h"

enum {
    JSON_READER_DEPTH_MAX = 32, /* nested objects and arrays, as QVL since 1.27 */
};

enum json_type {
    JSON_NONE = 0, /* no value, or a latched failure */
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json_reader {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    const char *problem; /* first violation; NULL = none */
    const char *member;  /* the member that @problem is about; may be NULL */
    size_t digits;       /* for a problem with hex digits: how many were expected, */
    size_t digits_found; /* and how many were found */
    bool no_memory;      /* @problem is lack of memory */
    unsigned depth;
    bool is_first[JSON_READER_DEPTH_MAX + 1];
};

struct json_reader json_reader_of(struct span text);

/** json_peek() - type of the next value, reads nothing */
enum json_type json_peek(struct json_reader *r);

void json_enter_object(struct json_reader *r);
void json_enter_array(struct json_reader *r);

/**
 * json_next_member() - step to the next member of the entered object; the caller then reads or
 * skips its value. @ret_key: the key's bytes as written; a key with an escape never equals a plain
 * name, so it is skipped like any unknown one. Return: false at the end (the object is left).
 */
bool json_next_member(struct json_reader *r, struct span *ret_key);

/** json_next_item() - step to the next item of the entered array. Return: false at its end. */
bool json_next_item(struct json_reader *r);

/** json_skip() - pass over the next value and check its grammar. Return: its bytes as received. */
struct span json_skip(struct json_reader *r);

/** json_text() - the next value, a string without escapes, borrowed */
struct span json_text(struct json_reader *r);

/** json_text_decoded() - the next value, a string with escapes resolved, appended to @out as UTF-8
 */
struct span json_text_decoded(struct json_reader *r, struct buf *out);

/** json_unsigned() - the next value, an integer from 0 to @max without fraction or exponent */
uint64_t json_unsigned(struct json_reader *r, uint64_t max);

bool json_flag(struct json_reader *r);

/** json_hex_fixed() - the next value, a string of exactly 2 * @size hex digits */
void json_hex_fixed(struct json_reader *r, uint8_t *to, size_t size);

/** json_fail() - latch a violation that the caller found; @problem is a constant sentence */
void json_fail(struct json_reader *r, const char *problem);

/** json_fail_member() - the same about a member: "member svn " and @problem; both are constant */
void json_fail_member(struct json_reader *r, const char *member, const char *problem);

/** json_fail_memory() - latch that the caller ran out of memory */
void json_fail_memory(struct json_reader *r);

static inline bool json_failed(const struct json_reader *r)
{
    return r->problem != NULL;
}

/** json_reader_done() - Return: 0 when the whole text was one valid value and was read; -EBADMSG
 * (or -ENOMEM) with the offset and the problem */
NODISCARD int json_reader_done(struct json_reader *r, struct err *err);

#endif
