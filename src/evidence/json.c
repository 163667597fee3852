/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services agree on no name for the member that holds a quote: quote, td_quote, tdx.quote,
 * evidence, IntelQuote, and a dozen more. So names decide nothing. Every text and every array of
 * small numbers (a byte vector, as serde and Go's older encoders write it) is scanned, and the
 * member's path only tells the user where the quote was.
 */
#include <errno.h>
#include <stdio.h>

#include "codec/json.h"
#include "evidence/scan.h"
#include "quote/quote.h"

struct walk {
    struct evidence_scan *scan;
    struct json_reader *reader;
    char path[EVIDENCE_PLACE_SIZE / 2];
    size_t len; /* of @path */
};

static void value_walk(struct walk *w);

/* Append to the path. Return: its length before, for path_cut(). A path that is too long is cut. */
PRINTF_LIKE(2, 3) static size_t path_add(struct walk *w, const char *format, ...)
{
    size_t before = w->len;
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(w->path + before, sizeof(w->path) - before, format, args);
    va_end(args);
    if (len > 0)
        w->len = MIN(before + (size_t)len, sizeof(w->path) - 1);
    return before;
}

static void path_cut(struct walk *w, size_t len)
{
    w->len = len;
    w->path[len] = 0;
}

static void text_walk(struct walk *w)
{
    CLEANUP(buf_done) struct buf text = buf_init(EVIDENCE_SIZE_MAX);
    struct span value = json_text_decoded(w->reader, &text);

    if (w->reader->no_memory)
        w->scan->status = -ENOMEM;
    else if (!json_failed(w->reader))
        evidence_scan_text_in(w->scan, value, w->len ? "JSON, member %s" : "JSON%s", w->path);
}

/* The value of a number that is a byte; -1 for any other. */
static int byte_of(struct span digits)
{
    int value = 0;

    if (digits.len == 0 || digits.len > 3)
        return -1;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return -1;
        value = 10 * value + (digits.data[i] - '0');
    }
    return value <= UINT8_MAX ? value : -1;
}

static void array_walk(struct walk *w)
{
    CLEANUP(buf_done) struct buf bytes = buf_init(EVIDENCE_SIZE_MAX);
    bool is_bytes = true;

    json_enter_array(w->reader);
    for (size_t i = 0; json_next_item(w->reader); i++) {
        if (json_peek(w->reader) == JSON_NUMBER) {
            int byte = byte_of(json_skip(w->reader));

            is_bytes = is_bytes && byte >= 0;
            if (is_bytes)
                buf_put_u8(&bytes, (uint8_t)byte);
        } else {
            size_t before = path_add(w, "[%zu]", i);

            is_bytes = false;
            value_walk(w);
            path_cut(w, before);
        }
    }
    if (buf_status(&bytes) == -ENOMEM)
        w->scan->status = -ENOMEM;
    if (is_bytes && bytes.len >= EVIDENCE_QUOTE_MIN && !json_failed(w->reader))
        evidence_scan_in(
            w->scan, buf_span(&bytes),
            w->len ? "array of numbers in JSON, member %s" : "array of numbers in JSON%s", w->path);
}

static void object_walk(struct walk *w)
{
    struct span key;

    json_enter_object(w->reader);
    while (json_next_member(w->reader, &key)) {
        size_t before = path_add(w, "%s%.*s", w->len ? "." : "", (int)MIN(key.len, (size_t)64),
                                 (const char *)key.data);

        value_walk(w);
        path_cut(w, before);
    }
}

/* Nesting is bounded by the reader. */
static void value_walk(struct walk *w)
{
    switch (json_peek(w->reader)) {
    case JSON_STRING:
        text_walk(w);
        return;
    case JSON_ARRAY:
        array_walk(w);
        return;
    case JSON_OBJECT:
        object_walk(w);
        return;
    case JSON_NONE:
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        json_skip(w->reader);
        return;
    }
}

bool evidence_json_scan(struct evidence_scan *s, struct span text)
{
    struct json_reader check = json_reader_of(text), reader = check;
    struct walk w = {.scan = s, .reader = &reader};
    struct err err = {0};

    json_skip(&check);
    if (json_reader_done(&check, &err) < 0) {
        evidence_scan_problem(s, "%s", err.text);
        return false;
    }
    value_walk(&w);
    return true;
}
