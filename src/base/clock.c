/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dates come from peers (collateral, Kubernetes) and from the command line, so they are read by
 * hand: strptime() knows neither offsets nor fractions as RFC 3339 writes them, takes blanks and
 * signs that the RFC refuses, and mktime() obeys the machine's time zone. A second of 60 is
 * accepted, since the RFC has leap seconds; it is the first second of the next minute, as POSIX
 * counts.
 *
 * The calendar is the proleptic Gregorian one, in 64-bit arithmetic without a table: a year that
 * begins in March ends with its leap day, so the days before a month are (153 m + 2) / 5, and 400
 * years are always 146,097 days. The same function serves DER's UTCTime, which has its own syntax
 * and its own reader in codec/der.c.
 */
#include "base/clock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

int64_t clock_unix_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

int64_t clock_monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_ms(void)
{
    return clock_monotonic_us() / 1000;
}

/* Days since 1970-01-01, counting years from March so that the leap day ends a year. */
int64_t clock_civil(int year, int month, int day, int hour, int minute, int second)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
                   day_of_year - 719468;

    return days * 86400 + hour * 3600 + minute * 60 + second;
}

int clock_digits_read(struct span *text, size_t count)
{
    int value = 0;

    if (text->len < count)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return -1;
        value = value * 10 + (text->data[i] - '0');
    }
    *text = span_from(*text, count);
    return value;
}

static bool char_read(struct span *text, char wanted)
{
    if (!text->len || text->data[0] != (uint8_t)wanted)
        return false;
    *text = span_from(*text, 1);
    return true;
}

static bool decimal_parse(struct span text, int64_t *ret)
{
    int64_t value = 0;

    if (!text.len || text.len > 12)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (text.data[i] - '0');
    }
    *ret = value;
    return true;
}

/* "Z", "+hh:mm" or "-hh:mm" and nothing after it; the offset in seconds */
static bool zone_parse(struct span text, int *ret_s)
{
    int sign, hour, minute;

    *ret_s = 0;
    if (char_read(&text, 'Z') || char_read(&text, 'z'))
        return !text.len;
    sign = char_read(&text, '+') ? 1 : char_read(&text, '-') ? -1 : 0;
    hour = clock_digits_read(&text, 2);
    if (!sign || hour < 0 || hour > 23 || !char_read(&text, ':'))
        return false;
    minute = clock_digits_read(&text, 2);
    *ret_s = sign * (hour * 3600 + minute * 60);
    return minute >= 0 && minute < 60 && !text.len;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

bool clock_date_is_valid(const struct clock_date *d)
{
    return d->year >= 0 && d->month >= 1 && d->month <= 12 && d->day >= 1 &&
           d->day <= month_days(d->year, d->month) && d->hour >= 0 && d->hour <= 23 &&
           d->minute >= 0 && d->minute <= 59 && d->second >= 0 && d->second <= 60;
}

int64_t clock_date_unix_s(const struct clock_date *d)
{
    return clock_civil(d->year, d->month, d->day, d->hour, d->minute, d->second);
}

/* @count digits and the character that must follow them; -1 for anything else. */
static int field_read(struct span *text, size_t count, char follower)
{
    int value = clock_digits_read(text, count);

    return char_read(text, follower) ? value : -1;
}

static bool fraction_skip(struct span *text)
{
    if (!char_read(text, '.'))
        return true;
    if (clock_digits_read(text, 1) < 0)
        return false;
    while (clock_digits_read(text, 1) >= 0)
        ;
    return true;
}

static bool rfc3339_parse(struct span t, int64_t *ret)
{
    struct clock_date date;
    int zone;

    date.year = field_read(&t, 4, '-');
    date.month = field_read(&t, 2, '-');
    date.day = clock_digits_read(&t, 2);
    if (!char_read(&t, 'T') && !char_read(&t, 't') && !char_read(&t, ' '))
        return false;
    date.hour = field_read(&t, 2, ':');
    date.minute = field_read(&t, 2, ':');
    date.second = clock_digits_read(&t, 2);
    if (!clock_date_is_valid(&date) || !fraction_skip(&t) || !zone_parse(t, &zone))
        return false;
    *ret = clock_date_unix_s(&date) - zone;
    return true;
}

int clock_parse(struct span text, int64_t *ret_s, struct err *err)
{
    if (decimal_parse(text, ret_s) || rfc3339_parse(text, ret_s))
        return 0;
    return err_set(err, -EINVAL, "\"%.*s\" is neither an RFC 3339 time nor seconds since 1970",
                   (int)(text.len < 40 ? text.len : 40), text.len ? (const char *)text.data : "");
}

const char *clock_render(int64_t unix_s, char text[static CLOCK_RFC3339_SIZE])
{
    time_t when = (time_t)unix_s;
    struct tm utc;

    if (unix_s < clock_civil(0, 1, 1, 0, 0, 0) || unix_s >= clock_civil(10000, 1, 1, 0, 0, 0) ||
        !gmtime_r(&when, &utc))
        snprintf(text, CLOCK_RFC3339_SIZE, "invalid time");
    else
        snprintf(text, CLOCK_RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ",
                 (utc.tm_year + 1900) % 10000, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                 utc.tm_sec);
    return text;
}
