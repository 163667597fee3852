/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Not a YAML reader: a search for values that could hold a quote, in the subset that tools and
 * people write. A line "key: value" or "key=value" (a file of variables) gives a value; lines that
 * are indented deeper than the key continue it, which covers block scalars (| and >), folded plain
 * and quoted texts, flow sequences over several lines and block sequences of numbers. Anchors,
 * aliases and explicit types other than !!binary are not known.
 */
#include <errno.h>
#include <stdio.h>

#include "base/text.h"
#include "evidence/scan.h"

enum {
    NESTING_MAX = 16, /* keys of a path */
    KEY_MAX = 128,    /* characters of a key */
};

/** struct level - one key that encloses the present line */
struct level {
    size_t indent;
    struct span key;
};

struct lines {
    struct evidence_scan *scan;
    struct span rest; /* not read yet */
    struct level levels[NESTING_MAX];
    size_t depth;
};

static size_t indent_of(struct span line)
{
    size_t indent = 0;

    while (indent < line.len && (line.data[indent] == ' ' || line.data[indent] == '-'))
        indent++;
    return indent;
}

/* Is the character at @at, a colon or an equals sign, the end of a key? The padding of base64 is
 * not: nothing follows it but more padding. */
static bool key_ends(struct span line, size_t at)
{
    struct span rest = text_trim(span_from(line, at + 1));

    if (line.data[at] == ':')
        return rest.len == 0 || line.data[at + 1] == ' ';
    return line.data[at] == '=' && rest.len > 0 && rest.data[0] != '=';
}

/* Cut "key: value" or "key=value". Return: false when @line is neither. */
static bool line_cut(struct span line, struct span *ret_key, struct span *ret_value)
{
    for (size_t i = 0; i < MIN(line.len, (size_t)KEY_MAX); i++) {
        uint8_t c = line.data[i];

        if (i > 0 && key_ends(line, i)) {
            *ret_key = text_trim(span_sub(line, 0, i));
            *ret_value = text_trim(span_from(line, i + 1));
            return true;
        }
        if (!(c >= '0' && c <= '9') && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
            !memchr("_-.\"' /", c, 7))
            return false;
    }
    return false;
}

static void path_render(const struct lines *l, char ret[static EVIDENCE_PLACE_SIZE])
{
    int len = snprintf(ret, EVIDENCE_PLACE_SIZE, "YAML, member ");

    for (size_t i = 0; i < l->depth && len < EVIDENCE_PLACE_SIZE; i++)
        len += snprintf(ret + len, (size_t)(EVIDENCE_PLACE_SIZE - len), "%s%.*s", i ? "." : "",
                        (int)MIN(l->levels[i].key.len, (size_t)64),
                        (const char *)l->levels[i].key.data);
}

static void key_enter(struct lines *l, size_t indent, struct span key)
{
    while (l->depth > 0 && l->levels[l->depth - 1].indent >= indent)
        l->depth--;
    if (l->depth < NESTING_MAX)
        l->levels[l->depth++] = (struct level){.indent = indent, .key = key};
}

/* The lines that continue a value: empty ones, and those that are indented deeper than its key. */
static void continuation_read(struct lines *l, size_t indent, struct buf *value)
{
    while (l->rest.len > 0) {
        struct span after = l->rest, line = text_split(&after, '\n');
        struct span key, inner, text = text_trim(line);

        if (text.len > 0 &&
            (indent_of(line) <= indent || line_cut(span_from(line, indent_of(line)), &key, &inner)))
            return;
        l->rest = after;
        buf_put(value, text);
        buf_put_u8(value, '\n');
    }
}

/* Without the marks of a block scalar, of !!binary, and the quotes around a text. */
static struct span marks_strip(struct span value)
{
    if (span_starts_with(value, span_str("!!binary")))
        value = text_trim(span_from(value, 8));
    if (value.len > 0 && (value.data[0] == '|' || value.data[0] == '>')) {
        struct span rest = value;

        text_split(&rest, '\n');
        value = text_trim(rest);
    }
    if (value.len > 1 && (value.data[0] == '"' || value.data[0] == '\'') &&
        value.data[value.len - 1] == value.data[0])
        value = span_sub(value, 1, value.len - 2);
    return value;
}

/* A block sequence "- 4", "- 0", ... has no brackets: written as a flow sequence it is JSON. */
static void sequence_render(struct span value, struct buf *out)
{
    buf_put_str(out, "[");
    while (value.len > 0) {
        struct span line = text_trim(text_split(&value, '\n'));

        buf_put(out, text_trim(span_from(line, indent_of(line))));
        buf_put_str(out, value.len > 0 ? "," : "]");
    }
}

static void value_scan(struct lines *l, struct span value)
{
    CLEANUP(buf_done) struct buf list = buf_init(EVIDENCE_SIZE_MAX);
    char path[EVIDENCE_PLACE_SIZE];

    value = marks_strip(value);
    if (value.len < EVIDENCE_QUOTE_MIN)
        return;
    if (span_starts_with(value, span_str("- "))) {
        sequence_render(value, &list);
        value = buf_span(&list);
    }
    path_render(l, path);
    evidence_scan_text_in(l->scan, value, "%s", path);
}

void evidence_yaml_scan(struct evidence_scan *s, struct span text)
{
    CLEANUP(buf_done) struct buf value = buf_init(EVIDENCE_SIZE_MAX);
    struct lines l = {.scan = s, .rest = text};

    while (l.rest.len > 0 && s->status == 0) {
        struct span line = text_split(&l.rest, '\n'), key, first;
        size_t indent = indent_of(line);

        if (!line_cut(span_from(line, indent), &key, &first))
            continue;
        key_enter(&l, indent, key);
        buf_clear(&value);
        buf_put(&value, first);
        buf_put_u8(&value, '\n');
        continuation_read(&l, indent, &value);
        if (buf_status(&value) == -ENOMEM)
            s->status = -ENOMEM;
        value_scan(&l, text_trim(buf_span(&value)));
    }
}
