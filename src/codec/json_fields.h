/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/json_fields.h: one JSON object, read into a struct by a table of its members.
 *
 *     static const struct json_field fields[] = {
 *         {.name = "svn", .kind = JSON_FIELD_U8, .offset = offsetof(struct part, svn),
 *          .is_required = true},
 *         {.name = "type", .kind = JSON_FIELD_TEXT, .offset = offsetof(struct part, type)},
 *     };
 *     json_fields_read(&r, fields, ARRAY_COUNT(fields), &part, NULL);
 *
 * Members that the table does not name are skipped. A member that occurs twice, and a required
 * member that does not occur, latch in the reader with the member's name.
 */
#ifndef COFFER_CODEC_JSON_FIELDS_H
#define COFFER_CODEC_JSON_FIELDS_H

#include <stddef.h>

#include "codec/json.h"

enum {
    JSON_FIELDS_MAX = 32, /* rows of one table */
};

enum json_field_kind {
    JSON_FIELD_NONE = 0, /* no row has this kind */
    JSON_FIELD_U8,       /* uint8_t, an integer in its range; U16 and U32 likewise */
    JSON_FIELD_U16,
    JSON_FIELD_U32,
    JSON_FIELD_HEX,    /* uint8_t[size], a string of exactly 2 * size hex digits */
    JSON_FIELD_TEXT,   /* struct span, a string without escapes, borrowed */
    JSON_FIELD_TIME,   /* int64_t, an RFC 3339 date as unix seconds */
    JSON_FIELD_READER, /* anything else: the row's own function reads or skips the value */
};

/** struct json_field - one member. @offset is into the struct that the object is read into. */
struct json_field {
    const char *name;
    enum json_field_kind kind;
    bool is_required;
    size_t offset;
    size_t size; /* bytes of JSON_FIELD_HEX */
    /* JSON_FIELD_READER: @to is the struct plus @offset, @context that of json_fields_read() */
    void (*read)(struct json_reader *r, void *to, void *context);
};

/**
 * json_fields_read() - the next value, an object
 * @fields: at most JSON_FIELDS_MAX rows
 * Return: a set of the rows that occurred, for json_fields_has().
 */
uint32_t json_fields_read(struct json_reader *r, const struct json_field *fields, size_t count,
                          void *to, void *context);

/** json_fields_has() - did the row of @index occur? */
static inline bool json_fields_has(uint32_t seen, size_t index)
{
    return (seen >> index & 1) != 0;
}

/** json_fields_time() - the next value, an RFC 3339 date, as unix seconds */
int64_t json_fields_time(struct json_reader *r);

#endif
