/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pull reader: the caller says what it expects next, and the text is checked against the grammar
 * while it is passed over. There is no tree of values and no allocation, for two reasons. The
 * collateral that a verifier reads is small but is read for every new platform, and building a tree
 * costs several times the reading. And a signature over JSON covers the bytes as received:
 * json_skip() returns the slice of a value that is known to be well-formed, which no tree could
 * give back.
 *
 * Errors latch: after the first violation every function returns an empty value, so a caller checks
 * once, in json_reader_done(). That function also demands that nothing but blanks follows the value
 * and that every object and array was left.
 *
 * The state for nesting is one bit for each level (whether the next element is the first). That is
 * enough, because the caller knows whether it is in an object or in an array; json_skip(), which
 * has no caller who knows, keeps one more bit for each level of what it passes over.
 *
 * UTF-8 is not checked here: the texts that matter are compared with ASCII names or are written out
 * again with buf_put_json_string(), which checks it.
 */
#include "codec/json.h"

#include <errno.h>

#include "codec/hex.h"

struct json_reader json_reader_of(struct span text)
{
    return (struct json_reader){
        .start = text.data, .at = text.data, .end = text.len ? text.data + text.len : text.data};
}

void json_fail(struct json_reader *r, const char *problem)
{
    if (!r->problem)
        r->problem = problem;
}

void json_fail_member(struct json_reader *r, const char *member, const char *problem)
{
    if (!r->problem)
        r->member = member;
    json_fail(r, problem);
}

void json_fail_memory(struct json_reader *r)
{
    r->no_memory = true;
    json_fail(r, "out of memory");
}

static void blanks_skip(struct json_reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
}

/* The next byte that is not a blank; 0 at the end and after a failure. */
static uint8_t next_byte(struct json_reader *r)
{
    if (r->problem)
        return 0;
    blanks_skip(r);
    return r->at < r->end ? *r->at : 0;
}

enum json_type json_peek(struct json_reader *r)
{
    uint8_t c = next_byte(r);

    switch (c) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'n':
        return JSON_NULL;
    default:
        return c == '-' || (c >= '0' && c <= '9') ? JSON_NUMBER : JSON_NONE;
    }
}

static void container_enter(struct json_reader *r, enum json_type type, const char *problem)
{
    if (json_peek(r) != type) {
        json_fail(r, problem);
        return;
    }
    if (r->depth == JSON_READER_DEPTH_MAX) {
        json_fail(r, "nested too deeply");
        return;
    }
    r->at++;
    r->is_first[++r->depth] = true;
}

void json_enter_object(struct json_reader *r)
{
    container_enter(r, JSON_OBJECT, "expected an object");
}

void json_enter_array(struct json_reader *r)
{
    container_enter(r, JSON_ARRAY, "expected an array");
}

/* Step over the comma before the next element. Return: false at @closer, which is passed. */
static bool element_next(struct json_reader *r, uint8_t closer)
{
    uint8_t c = next_byte(r);

    if (r->problem || r->depth == 0)
        return false;
    if (c == closer) {
        r->at++;
        r->depth--;
        return false;
    }
    if (r->is_first[r->depth]) {
        r->is_first[r->depth] = false;
        return true;
    }
    if (c != ',') {
        json_fail(r, c ? "expected a comma or the end of the container" : "text ends early");
        return false;
    }
    r->at++;
    return true;
}

/* Pass over a string at its opening quote. Return: what is between the quotes, as written. */
static struct span string_skip(struct json_reader *r, bool *ret_escaped)
{
    const uint8_t *from = ++r->at;

    *ret_escaped = false;
    for (; r->at < r->end; r->at++) {
        if (*r->at == '"')
            return span_of(from, (size_t)(r->at++ - from));
        if (*r->at < 0x20)
            break;
        if (*r->at != '\\')
            continue;
        *ret_escaped = true;
        r->at++;
        if (r->at == r->end || *r->at == 0 || !strchr("\"\\/bfnrtu", *r->at))
            break;
        if (*r->at == 'u') {
            uint8_t unit[2];

            if (r->end - r->at < 5 || hex_decode_fixed(span_of(r->at + 1, 4), unit, 2) < 0)
                break;
            r->at += 4;
        }
    }
    json_fail(r, r->at >= r->end ? "string without its end" : "bad character in a string");
    return span_of(NULL, 0);
}

bool json_next_member(struct json_reader *r, struct span *ret_key)
{
    bool escaped;

    if (!element_next(r, '}'))
        return false;
    if (json_peek(r) != JSON_STRING) {
        json_fail(r, "expected a member name");
        return false;
    }
    *ret_key = string_skip(r, &escaped);
    if (next_byte(r) != ':') {
        json_fail(r, "expected a colon");
        return false;
    }
    r->at++;
    return true;
}

bool json_next_item(struct json_reader *r)
{
    return element_next(r, ']');
}

static bool word_skip(struct json_reader *r, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0) {
        json_fail(r, "unknown word");
        return false;
    }
    r->at += len;
    return true;
}

static size_t digits_skip(struct json_reader *r)
{
    const uint8_t *from = r->at;

    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return (size_t)(r->at - from);
}

/* Pass over a number. Return: true when it has neither fraction nor exponent. */
static bool number_skip(struct json_reader *r)
{
    bool is_integer = true, is_zero;
    size_t digits;

    if (*r->at == '-')
        r->at++;
    is_zero = r->at < r->end && *r->at == '0';
    digits = digits_skip(r);
    if (digits == 0 || (is_zero && digits > 1))
        json_fail(r, "bad number");
    if (r->at < r->end && *r->at == '.') {
        is_integer = false;
        r->at++;
        if (digits_skip(r) == 0)
            json_fail(r, "bad number");
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        is_integer = false;
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        if (digits_skip(r) == 0)
            json_fail(r, "bad number");
    }
    return is_integer;
}

static void scalar_skip(struct json_reader *r, enum json_type type)
{
    bool escaped;

    if (type == JSON_STRING)
        (void)string_skip(r, &escaped);
    else if (type == JSON_NUMBER)
        (void)number_skip(r);
    else if (type == JSON_BOOL)
        (void)word_skip(r, *r->at == 't' ? "true" : "false");
    else if (type == JSON_NULL)
        (void)word_skip(r, "null");
    else
        json_fail(r, r->at < r->end ? "expected a value" : "text ends early");
}

/* Not recursive: @kinds says for each nested level whether it is an object. */
struct span json_skip(struct json_reader *r)
{
    enum json_type type = json_peek(r);
    const uint8_t *from = r->at;
    unsigned base = r->depth;
    bool kinds[JSON_READER_DEPTH_MAX + 1] = {0};
    struct span key;

    for (;;) {
        if (type == JSON_OBJECT || type == JSON_ARRAY) {
            container_enter(r, type, "expected a value");
            if (r->problem)
                break;
            kinds[r->depth] = type == JSON_OBJECT;
        } else {
            scalar_skip(r, type);
        }
        while (!r->problem && r->depth > base) {
            if (kinds[r->depth] ? json_next_member(r, &key) : json_next_item(r))
                break;
        }
        if (r->problem || r->depth == base)
            break;
        type = json_peek(r);
    }
    return r->problem ? span_of(NULL, 0) : span_of(from, (size_t)(r->at - from));
}

struct span json_text(struct json_reader *r)
{
    bool escaped = false;
    struct span text;

    if (json_peek(r) != JSON_STRING) {
        json_fail(r, "expected a string");
        return span_of(NULL, 0);
    }
    text = string_skip(r, &escaped);
    if (escaped)
        json_fail(r, "unexpected escape in a string");
    return r->problem ? span_of(NULL, 0) : text;
}

static uint32_t unit_read(const uint8_t *digits)
{
    uint8_t unit[2] = {0};

    if (hex_decode_fixed(span_of(digits, 4), unit, 2) < 0)
        return 0xfffd;
    return (uint32_t)unit[0] << 8 | unit[1];
}

static void utf8_put(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_put_u8(out, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        buf_put_u8(out, (uint8_t)(0xc0 | c >> 6));
    } else {
        if (c < 0x10000) {
            buf_put_u8(out, (uint8_t)(0xe0 | c >> 12));
        } else {
            buf_put_u8(out, (uint8_t)(0xf0 | c >> 18));
            buf_put_u8(out, (uint8_t)(0x80 | (c >> 12 & 63)));
        }
        buf_put_u8(out, (uint8_t)(0x80 | (c >> 6 & 63)));
    }
    buf_put_u8(out, (uint8_t)(0x80 | (c & 63)));
}

/* @at starts after "\u". Return: bytes used, 4 or 10; a lone surrogate becomes U+FFFD. */
static size_t unicode_put(struct buf *out, struct span at)
{
    uint32_t c = unit_read(at.data), low;

    if (c < 0xd800 || c > 0xdfff) {
        utf8_put(out, c);
        return 4;
    }
    if (c < 0xdc00 && at.len >= 10 && at.data[4] == '\\' && at.data[5] == 'u') {
        low = unit_read(at.data + 6);
        if (low >= 0xdc00 && low <= 0xdfff) {
            utf8_put(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
            return 10;
        }
    }
    utf8_put(out, 0xfffd);
    return 4;
}

static void text_unescape(struct span text, struct buf *out)
{
    static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
    size_t i = 0;

    while (i < text.len) {
        const uint8_t *slash = memchr(text.data + i, '\\', text.len - i);
        size_t plain = slash ? (size_t)(slash - text.data) - i : text.len - i;
        const char *name;

        buf_put(out, span_sub(text, i, plain));
        i += plain;
        if (!slash)
            return;
        if (text.data[i + 1] == 'u') {
            i += 2 + unicode_put(out, span_from(text, i + 2));
            continue;
        }
        name = strchr(names, text.data[i + 1]);
        buf_put_u8(out, name ? (uint8_t)bytes[name - names] : text.data[i + 1]);
        i += 2;
    }
}

struct span json_text_decoded(struct json_reader *r, struct buf *out)
{
    size_t before = out->len;
    bool escaped;
    struct span text;

    if (json_peek(r) != JSON_STRING) {
        json_fail(r, "expected a string");
        return span_of(NULL, 0);
    }
    text = string_skip(r, &escaped);
    if (r->problem)
        return span_of(NULL, 0);
    text_unescape(text, out);
    if (buf_status(out) < 0) {
        if (buf_status(out) == -ENOMEM)
            json_fail_memory(r);
        json_fail(r, "string is too large");
        return span_of(NULL, 0);
    }
    return span_from(buf_span(out), before);
}

uint64_t json_unsigned(struct json_reader *r, uint64_t max)
{
    const uint8_t *from;
    uint64_t value = 0;

    if (json_peek(r) != JSON_NUMBER) {
        json_fail(r, "expected a number");
        return 0;
    }
    from = r->at;
    if (!number_skip(r) || *from == '-') {
        json_fail(r, "expected a whole number");
        return 0;
    }
    for (; from < r->at; from++) {
        if (value > max / 10 || (value = value * 10 + (uint64_t)(*from - '0')) > max) {
            json_fail(r, "number is too large");
            return 0;
        }
    }
    return value;
}

bool json_flag(struct json_reader *r)
{
    bool value;

    if (json_peek(r) != JSON_BOOL) {
        json_fail(r, "expected true or false");
        return false;
    }
    value = *r->at == 't';
    return word_skip(r, value ? "true" : "false") && value;
}

void json_hex_fixed(struct json_reader *r, uint8_t *to, size_t size)
{
    struct span text = json_text(r);

    memset(to, 0, size);
    if (r->problem)
        return;
    if (hex_decode_fixed(text, to, size) == 0)
        return;
    memset(to, 0, size);
    r->digits = 2 * size;
    r->digits_found = text.len;
    json_fail(r, text.len == 2 * size ? "unexpected character among hex digits"
                                      : "wrong count of hex digits");
}

int json_reader_done(struct json_reader *r, struct err *err)
{
    if (!r->problem && next_byte(r) != 0)
        json_fail(r, "trailing bytes after the value");
    if (!r->problem && r->at < r->end)
        json_fail(r, "trailing bytes after the value");
    if (!r->problem && r->depth > 0)
        json_fail(r, "text ends early");
    if (!r->problem)
        return 0;
    if (r->digits != r->digits_found)
        return err_set(err, -EBADMSG, "json at byte %zu: %s%s%s%s: expected %zu, found %zu",
                       (size_t)(r->at - r->start), r->member ? "member " : "",
                       r->member ? r->member : "", r->member ? " " : "", r->problem, r->digits,
                       r->digits_found);
    return err_set(err, r->no_memory ? -ENOMEM : -EBADMSG, "json at byte %zu: %s%s%s%s",
                   (size_t)(r->at - r->start), r->member ? "member " : "",
                   r->member ? r->member : "", r->member ? " " : "", r->problem);
}
