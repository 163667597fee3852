/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/json_writer.h: streaming JSON output into a struct buf. Commas and nesting are kept here;
 * a wrong sequence (a value without a key inside an object) is a programming error and asserts.
 */
#ifndef COFFER_CODEC_JSON_WRITER_H
#define COFFER_CODEC_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum {
    JSON_WRITER_DEPTH_MAX = 32, /* nested objects and arrays */
};

struct json_writer {
    struct buf *out; /* borrowed */
    unsigned depth;
    bool pretty; /* two-space indentation, for people */
    bool need_comma[JSON_WRITER_DEPTH_MAX + 1];
    bool is_object[JSON_WRITER_DEPTH_MAX + 1];
    bool has_key;
};

static inline struct json_writer json_writer_of(struct buf *out, bool pretty)
{
    return (struct json_writer){.out = out, .pretty = pretty};
}

void json_writer_object_begin(struct json_writer *w);
void json_writer_object_end(struct json_writer *w);
void json_writer_array_begin(struct json_writer *w);
void json_writer_array_end(struct json_writer *w);
void json_writer_key(struct json_writer *w, const char *key);
void json_writer_string(struct json_writer *w, const char *text); /* NULL writes null */
void json_writer_string_span(struct json_writer *w, struct span text);
void json_writer_hex(struct json_writer *w, struct span bytes); /* a string of hex digits */
void json_writer_int(struct json_writer *w, int64_t value);
void json_writer_uint(struct json_writer *w, uint64_t value);
void json_writer_bool(struct json_writer *w, bool value);
void json_writer_null(struct json_writer *w);

/* key and value in one line */
void json_writer_member_string(struct json_writer *w, const char *key, const char *text);
void json_writer_member_hex(struct json_writer *w, const char *key, struct span bytes);
void json_writer_member_int(struct json_writer *w, const char *key, int64_t value);
void json_writer_member_uint(struct json_writer *w, const char *key, uint64_t value);
void json_writer_member_bool(struct json_writer *w, const char *key, bool value);

#endif
