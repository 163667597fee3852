/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER is BER with one encoding for each value, and a signature covers the encoding. A lenient
 * reader would accept two encodings of one certificate, which breaks everything that compares
 * certificates or hashes of them. So this reader refuses what DER forbids, although many parsers
 * accept it: a length in more bytes than needed, the indefinite length of BER, an integer with
 * superfluous leading bytes, a boolean other than 00 and FF.
 *
 * Every read first checks that it lies in what is left of its container. Containers nest by value:
 * der_enter() gives a reader whose bytes are the element's content, so an inner length that is too
 * large cannot reach the bytes after the outer element. der_leave() then demands that the content
 * was read to its end: a field that the caller does not know is a failure unless it was skipped on
 * purpose.
 *
 * Tags with more than one byte (numbers from 31) do not occur in certificates and are refused.
 */
#include "codec/der.h"

#include "base/clock.h"

enum {
    UTC_TIME_PIVOT = 50, /* years 00 to 49 are 2000 to 2049: RFC 5280 4.1.2.5.1 */
};

/* Length octets (X.690 10.1): the shortest form only, and never longer than what is left. */
static bool length_read(struct span *rest, size_t *ret)
{
    size_t count, value = 0;

    if (rest->len == 0)
        return false;
    count = rest->data[0];
    *rest = span_from(*rest, 1);
    if (count < 0x80) {
        *ret = count;
        return count <= rest->len;
    }
    count &= 0x7f;
    if (count == 0 || count > 4 || count > rest->len || rest->data[0] == 0)
        return false;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | rest->data[i];
    *rest = span_from(*rest, count);
    *ret = value;
    return value >= 0x80 && value <= rest->len;
}

bool der_next_is(const struct der *d, uint8_t tag)
{
    return !d->failed && d->rest.len > 0 && d->rest.data[0] == tag;
}

struct span der_any(struct der *d, uint8_t *ret_tag, struct span *ret_whole)
{
    struct span start = d->rest, rest, content;
    size_t len;

    if (ret_tag)
        *ret_tag = 0;
    if (ret_whole)
        *ret_whole = span_of(NULL, 0);
    if (d->failed || start.len < 2 || (start.data[0] & 0x1f) == 0x1f) {
        der_fail(d);
        return span_of(NULL, 0);
    }
    rest = span_from(start, 1);
    if (!length_read(&rest, &len)) {
        der_fail(d);
        return span_of(NULL, 0);
    }
    content = span_sub(rest, 0, len);
    d->rest = span_from(rest, len);
    if (ret_tag)
        *ret_tag = start.data[0];
    if (ret_whole)
        *ret_whole = span_sub(start, 0, start.len - d->rest.len);
    return content;
}

struct span der_read(struct der *d, uint8_t tag)
{
    if (!der_next_is(d, tag)) {
        der_fail(d);
        return span_of(NULL, 0);
    }
    return der_any(d, NULL, NULL);
}

struct span der_read_whole(struct der *d, uint8_t tag)
{
    struct span whole;

    if (!der_next_is(d, tag)) {
        der_fail(d);
        return span_of(NULL, 0);
    }
    der_any(d, NULL, &whole);
    return whole;
}

struct der der_enter(struct der *d, uint8_t tag)
{
    struct der inner = der_of(der_read(d, tag));

    inner.failed = d->failed;
    return inner;
}

void der_leave(struct der *outer, const struct der *inner)
{
    if (!der_ok(inner))
        der_fail(outer);
}

struct span der_unsigned(struct der *d, size_t max)
{
    struct span n = der_read(d, DER_INTEGER);

    if (n.len == 0 || (n.data[0] & 0x80)) {
        der_fail(d);
        return span_of(NULL, 0);
    }
    if (n.len > 1 && n.data[0] == 0) {
        n = span_from(n, 1);
        if (!(n.data[0] & 0x80))
            der_fail(d);
    }
    if (n.len > max)
        der_fail(d);
    return d->failed ? span_of(NULL, 0) : n;
}

uint32_t der_small(struct der *d, uint8_t tag, uint32_t max)
{
    struct span n = der_read(d, tag);
    uint32_t value = 0;

    if (n.len == 0 || n.len > 5 || (n.data[0] & 0x80) || (n.len == 5 && n.data[0] != 0) ||
        (n.len > 1 && n.data[0] == 0 && !(n.data[1] & 0x80))) {
        der_fail(d);
        return 0;
    }
    for (size_t i = 0; i < n.len; i++)
        value = value << 8 | n.data[i];
    if (value > max)
        der_fail(d);
    return d->failed ? 0 : value;
}

bool der_boolean(struct der *d)
{
    struct span b = der_read(d, DER_BOOLEAN);

    if (b.len != 1 || (b.data[0] != 0 && b.data[0] != 0xff)) {
        der_fail(d);
        return false;
    }
    return b.data[0] == 0xff;
}

struct span der_bits(struct der *d)
{
    struct span b = der_read(d, DER_BIT_STRING);

    if (b.len == 0 || b.data[0] != 0) {
        der_fail(d);
        return span_of(NULL, 0);
    }
    return span_from(b, 1);
}

int64_t der_time(struct der *d)
{
    bool is_long = der_next_is(d, DER_GENERALIZED_TIME);
    struct span t = der_read(d, is_long ? DER_GENERALIZED_TIME : DER_UTC_TIME);
    struct clock_date date;

    date.year = clock_digits_read(&t, is_long ? 4 : 2);
    if (!is_long && date.year >= 0)
        date.year += date.year < UTC_TIME_PIVOT ? 2000 : 1900;
    date.month = clock_digits_read(&t, 2);
    date.day = clock_digits_read(&t, 2);
    date.hour = clock_digits_read(&t, 2);
    date.minute = clock_digits_read(&t, 2);
    date.second = clock_digits_read(&t, 2);
    if (!clock_date_is_valid(&date) || date.second > 59 || !span_equal_str(t, "Z")) {
        der_fail(d);
        return 0;
    }
    return clock_date_unix_s(&date);
}
