/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer appends to a buffer and keeps two bits for each level of nesting: whether it is an
 * object, and whether a comma is due. With them it puts every comma, colon and line break itself,
 * so callers cannot write invalid JSON by forgetting one. A sequence of calls that no JSON has,
 * such as a value without a key inside an object, is a mistake in our program and asserts; text
 * from outside cannot cause it, since strings are escaped and bytes that are not UTF-8 are
 * replaced.
 */
#include "codec/json_writer.h"

#include <assert.h>
#include <inttypes.h>

static void line_begin(struct json_writer *w)
{
    if (!w->pretty)
        return;
    buf_put_str(w->out, "\n");
    for (unsigned i = 0; i < w->depth; i++)
        buf_put_str(w->out, "  ");
}

static void element_begin(struct json_writer *w)
{
    if (w->need_comma[w->depth])
        buf_put_str(w->out, ",");
    w->need_comma[w->depth] = true;
    if (w->depth)
        line_begin(w);
}

static void value_begin(struct json_writer *w)
{
    if (w->depth && w->is_object[w->depth]) {
        assert(w->has_key);
        w->has_key = false;
        return;
    }
    element_begin(w);
}

static void nest_begin(struct json_writer *w, bool is_object)
{
    value_begin(w);
    assert(w->depth < JSON_WRITER_DEPTH_MAX);
    buf_put_str(w->out, is_object ? "{" : "[");
    w->depth++;
    w->is_object[w->depth] = is_object;
    w->need_comma[w->depth] = false;
}

static void nest_end(struct json_writer *w, bool is_object)
{
    bool had_elements = w->need_comma[w->depth];

    assert(w->depth && w->is_object[w->depth] == is_object && !w->has_key);
    w->depth--;
    if (had_elements)
        line_begin(w);
    buf_put_str(w->out, is_object ? "}" : "]");
}

void json_writer_object_begin(struct json_writer *w)
{
    nest_begin(w, true);
}

void json_writer_object_end(struct json_writer *w)
{
    nest_end(w, true);
}

void json_writer_array_begin(struct json_writer *w)
{
    nest_begin(w, false);
}

void json_writer_array_end(struct json_writer *w)
{
    nest_end(w, false);
}

void json_writer_key(struct json_writer *w, const char *key)
{
    assert(w->depth && w->is_object[w->depth] && !w->has_key);
    element_begin(w);
    buf_put_json_string(w->out, span_str(key));
    buf_put_str(w->out, w->pretty ? ": " : ":");
    w->has_key = true;
}

void json_writer_string(struct json_writer *w, const char *text)
{
    if (text)
        json_writer_string_span(w, span_str(text));
    else
        json_writer_null(w);
}

void json_writer_string_span(struct json_writer *w, struct span text)
{
    value_begin(w);
    buf_put_json_string(w->out, text);
}

void json_writer_hex(struct json_writer *w, struct span bytes)
{
    value_begin(w);
    buf_put_str(w->out, "\"");
    buf_put_hex(w->out, bytes);
    buf_put_str(w->out, "\"");
}

void json_writer_int(struct json_writer *w, int64_t value)
{
    value_begin(w);
    buf_printf(w->out, "%" PRId64, value);
}

void json_writer_uint(struct json_writer *w, uint64_t value)
{
    value_begin(w);
    buf_printf(w->out, "%" PRIu64, value);
}

void json_writer_bool(struct json_writer *w, bool value)
{
    value_begin(w);
    buf_put_str(w->out, value ? "true" : "false");
}

void json_writer_null(struct json_writer *w)
{
    value_begin(w);
    buf_put_str(w->out, "null");
}

void json_writer_member_string(struct json_writer *w, const char *key, const char *text)
{
    json_writer_key(w, key);
    json_writer_string(w, text);
}

void json_writer_member_hex(struct json_writer *w, const char *key, struct span bytes)
{
    json_writer_key(w, key);
    json_writer_hex(w, bytes);
}

void json_writer_member_int(struct json_writer *w, const char *key, int64_t value)
{
    json_writer_key(w, key);
    json_writer_int(w, value);
}

void json_writer_member_uint(struct json_writer *w, const char *key, uint64_t value)
{
    json_writer_key(w, key);
    json_writer_uint(w, value);
}

void json_writer_member_bool(struct json_writer *w, const char *key, bool value)
{
    json_writer_key(w, key);
    json_writer_bool(w, value);
}
