/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/der.h"

#include "base/clock.h"

/* Length octets (X.690 10.1): the shortest form only, and never longer than what is there. */
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

static int digits_value(struct span text, size_t at, size_t count)
{
    int value = 0;

    for (size_t i = at; i < at + count; i++)
        value = value * 10 + (text.data[i] - '0');
    return value;
}

static int days_in_month(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
        return 29;
    return days[month - 1];
}

int64_t der_time(struct der *d)
{
    bool is_long = der_next_is(d, DER_GENERALIZED_TIME);
    size_t year_len = is_long ? 4 : 2;
    struct span t = der_read(d, is_long ? DER_GENERALIZED_TIME : DER_UTC_TIME);
    int year, month, day, hour, minute, second;

    if (t.len != year_len + 11 || t.data[t.len - 1] != 'Z') {
        der_fail(d);
        return 0;
    }
    for (size_t i = 0; i < t.len - 1; i++)
        if (t.data[i] < '0' || t.data[i] > '9') {
            der_fail(d);
            return 0;
        }
    year = digits_value(t, 0, year_len);
    if (!is_long)
        year += year < 50 ? 2000 : 1900;
    month = digits_value(t, year_len, 2);
    day = digits_value(t, year_len + 2, 2);
    hour = digits_value(t, year_len + 4, 2);
    minute = digits_value(t, year_len + 6, 2);
    second = digits_value(t, year_len + 8, 2);
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59) {
        der_fail(d);
        return 0;
    }
    return clock_civil(year, month, day, hour, minute, second);
}
