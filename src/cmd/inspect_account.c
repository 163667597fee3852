/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One account is told once and written in three forms, so that the three cannot disagree: every
 * function here branches on the form and nothing above it does.
 *
 * For people, a line is a label, padded to LABEL_WIDTH, and a value. A value that does not fit into
 * ACCOUNT_COLUMNS goes to continuation lines, one group deeper. With --bytes the offset and the
 * size of the field stand before the label, and lines without a place keep the columns free.
 *
 * The place of a field is found from its span: a span that points into the file has an offset
 * there. A span that points elsewhere (into bytes that were decoded from the file) has no place and
 * none is shown. So readers pass on the spans that their parsers gave them and compute no offsets.
 */
#include "cmd/inspect_account.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"

enum {
    PLACE_WIDTH = 16,       /* "00001a0h    384 " */
    LABEL_WIDTH = 22,       /* the longest label, one blank included */
    INDENT = 2,             /* columns a group */
    DIGITS_MAX = 64,        /* hex digits a line: a 32-byte value stays whole */
    DIGITS_PLACED_MAX = 48, /* the same beside a place */
};

struct account account_of(struct buf *out, bool json, bool bytes, struct span wire)
{
    return (struct account){
        .out = out, .w = json_writer_of(out, true), .json = json, .bytes = bytes, .wire = wire};
}

/* The offset of @where in the file. Return: false when it is not a part of the file. */
static bool place_find(const struct account *a, struct span where, size_t *ret)
{
    uintptr_t start = (uintptr_t)a->wire.data, at = (uintptr_t)where.data;

    if (!a->bytes || where.len == 0 || at < start || at + where.len > start + a->wire.len)
        return false;
    *ret = at - start;
    return true;
}

static void place_put(struct account *a, struct span where)
{
    size_t offset;

    if (!a->bytes)
        return;
    if (place_find(a, where, &offset))
        buf_printf(a->out, "%07zxh %6zu ", offset, where.len);
    else
        buf_printf(a->out, "%*s", PLACE_WIDTH, "");
}

static void line_put(struct account *a, struct span where, const char *label)
{
    place_put(a, where);
    buf_printf(a->out, "%*s%s", (int)(INDENT * a->depth), "", label);
}

static size_t columns_left(const struct account *a, size_t used)
{
    size_t taken = INDENT * a->depth + used + (a->bytes ? PLACE_WIDTH : 0);

    return taken < ACCOUNT_COLUMNS ? ACCOUNT_COLUMNS - taken : 0;
}

static size_t label_columns(const char *label)
{
    return MAX(strlen(label) + 1, (size_t)LABEL_WIDTH);
}

/* A continuation line, indented by one group. */
static void continuation_put(struct account *a)
{
    buf_put_u8(a->out, '\n');
    a->depth++;
    line_put(a, span_of(NULL, 0), "");
    a->depth--;
}

/* A label. The value goes on the same line, or on the next when it is too long for it. */
static void field_put(struct account *a, struct span where, const char *name, size_t value_len)
{
    size_t width = label_columns(name);

    line_put(a, where, name);
    if (value_len <= columns_left(a, width)) {
        buf_printf(a->out, "%*s", (int)(width - strlen(name)), "");
        return;
    }
    continuation_put(a);
}

/* With --bytes, a member of the JSON form is an object with value, offset and size. */
static bool member_begin(struct account *a, const char *name, struct span where)
{
    size_t offset;

    json_writer_key(&a->w, name);
    if (!place_find(a, where, &offset))
        return false;
    json_writer_object_begin(&a->w);
    json_writer_member_uint(&a->w, "offset", offset);
    json_writer_member_uint(&a->w, "size", where.len);
    json_writer_key(&a->w, "value");
    return true;
}

static void member_end(struct account *a, bool placed)
{
    if (placed)
        json_writer_object_end(&a->w);
}

void account_begin(struct account *a, const char *name, struct span where)
{
    if (a->json) {
        json_writer_key(&a->w, name);
        json_writer_object_begin(&a->w);
        return;
    }
    line_put(a, where, name);
    buf_put_u8(a->out, '\n');
    a->depth++;
}

void account_end(struct account *a)
{
    if (a->json)
        json_writer_object_end(&a->w);
    else
        a->depth--;
}

void account_list(struct account *a, const char *name)
{
    if (!a->json)
        return;
    json_writer_key(&a->w, name);
    json_writer_array_begin(&a->w);
}

void account_list_end(struct account *a)
{
    if (a->json)
        json_writer_array_end(&a->w);
}

void account_item(struct account *a, const char *heading, size_t number, struct span where)
{
    if (a->json) {
        json_writer_object_begin(&a->w);
        return;
    }
    line_put(a, where, heading);
    buf_printf(a->out, " %zu\n", number);
    a->depth++;
}

static void digits_put(struct account *a, const char *name, struct span bytes, const char *note)
{
    size_t most = (a->bytes ? DIGITS_PLACED_MAX : DIGITS_MAX) / 2;
    size_t tail = *note ? strlen(note) + 3 : 0;

    field_put(a, bytes, name, bytes.len <= most ? 2 * bytes.len + tail : ACCOUNT_COLUMNS);
    for (size_t i = 0; i < bytes.len; i += most) {
        if (i > 0)
            continuation_put(a);
        buf_put_hex(a->out, span_sub(bytes, i, MIN(most, bytes.len - i)));
    }
    buf_printf(a->out, *note ? " (%s)\n" : "%s\n", note);
}

void account_hex_noted(struct account *a, const char *name, struct span bytes, const char *note)
{
    if (a->json) {
        bool placed = member_begin(a, name, bytes);

        json_writer_hex(&a->w, bytes);
        member_end(a, placed);
        return;
    }
    if (bytes.len > 8 && span_is_zero(bytes)) {
        field_put(a, bytes, name, 24);
        buf_printf(a->out, "zero (%zu bytes)\n", bytes.len);
        return;
    }
    digits_put(a, name, bytes, note);
}

void account_hex(struct account *a, const char *name, struct span bytes)
{
    account_hex_noted(a, name, bytes, "");
}

void account_number(struct account *a, const char *name, uint64_t value, struct span where)
{
    if (a->json) {
        bool placed = member_begin(a, name, where);

        json_writer_uint(&a->w, value);
        member_end(a, placed);
        return;
    }
    field_put(a, where, name, 20);
    buf_printf(a->out, "%llu\n", (unsigned long long)value);
}

void account_text(struct account *a, const char *name, struct span text, struct span where)
{
    size_t most;

    if (a->json) {
        bool placed = member_begin(a, name, where);

        json_writer_string_span(&a->w, text);
        member_end(a, placed);
        return;
    }
    most = columns_left(a, INDENT);
    field_put(a, where, name, text.len);
    for (size_t i = 0; i < text.len; i += most) {
        if (i > 0)
            continuation_put(a);
        buf_put_printable(a->out, span_sub(text, i, MIN(most, text.len - i)));
    }
    buf_put_u8(a->out, '\n');
}

void account_string(struct account *a, const char *name, const char *text)
{
    account_text(a, name, span_str(text), span_of(NULL, 0));
}

void account_time(struct account *a, const char *name, int64_t unix_s)
{
    char text[CLOCK_RFC3339_SIZE];

    account_string(a, name, clock_render(unix_s, text));
}

void account_flag(struct account *a, const char *name, bool value)
{
    if (a->json)
        json_writer_member_bool(&a->w, name, value);
    else
        account_string(a, name, value ? "yes" : "no");
}

void account_problem(struct account *a, int code, const char *reason)
{
    account_string(a, "problem", reason);
    if (code == -ENOMEM && a->out->status == 0)
        a->out->status = -ENOMEM;
}

static void words_json(struct account *a, const char *name, const struct span *words, size_t count)
{
    json_writer_key(&a->w, name);
    json_writer_array_begin(&a->w);
    for (size_t i = 0; i < count; i++)
        json_writer_string_span(&a->w, words[i]);
    json_writer_array_end(&a->w);
}

void account_words(struct account *a, const char *name, const struct span *words, size_t count)
{
    size_t width = label_columns(name), room = columns_left(a, width), used = 0;

    if (a->json) {
        words_json(a, name, words, count);
        return;
    }
    if (count == 0)
        return;
    line_put(a, span_of(NULL, 0), name);
    buf_printf(a->out, "%*s", (int)(width - strlen(name)), "");
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && used + words[i].len + 1 > room) {
            buf_put_u8(a->out, '\n');
            line_put(a, span_of(NULL, 0), "");
            buf_printf(a->out, "%*s", (int)width, "");
            used = 0;
        }
        buf_put_str(a->out, used ? " " : "");
        buf_put_printable(a->out, words[i]);
        used += words[i].len + 1;
    }
    buf_put_u8(a->out, '\n');
}

void account_svns(struct account *a, const char *name, const uint8_t *svns, size_t count)
{
    if (a->json) {
        json_writer_key(&a->w, name);
        json_writer_array_begin(&a->w);
        for (size_t i = 0; i < count; i++)
            json_writer_uint(&a->w, svns[i]);
        json_writer_array_end(&a->w);
        return;
    }
    while (count > 1 && svns[count - 1] == 0)
        count--;
    field_put(a, span_of(NULL, 0), name, 0);
    for (size_t i = 0; i < count; i++)
        buf_printf(a->out, i ? " %u" : "%u", svns[i]);
    buf_put_u8(a->out, '\n');
}

void account_reserved(struct account *a, const char *name, struct span bytes)
{
    if (a->bytes || !span_is_zero(bytes))
        account_hex(a, name, bytes);
}
