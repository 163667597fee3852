/* SPDX-License-Identifier: Apache-2.0 */
/* base/clock.h: time. The only module that asks the system what time it is. */
#ifndef COFFER_BASE_CLOCK_H
#define COFFER_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

enum {
    CLOCK_RFC3339_SIZE = 32, /* bytes, NUL included, for clock_render() */
};

/** clock_unix_s() - seconds since 1970-01-01T00:00:00Z */
int64_t clock_unix_s(void);

/** clock_monotonic_us() - microseconds of CLOCK_MONOTONIC */
int64_t clock_monotonic_us(void);

/** clock_monotonic_ms() - milliseconds of CLOCK_MONOTONIC */
int64_t clock_monotonic_ms(void);

/** clock_civil() - seconds since the epoch of a UTC date, proleptic Gregorian; no range check */
int64_t clock_civil(int year, int month, int day, int hour, int minute, int second);

/** struct clock_date - date and time of day, proleptic Gregorian */
struct clock_date {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
    int hour;
    int minute;
    int second; /* 60 in a leap second */
};

/** clock_date_is_valid() - every field in its range, the day in its month's; a negative field is
 * not */
bool clock_date_is_valid(const struct clock_date *date);

/** clock_date_unix_s() - clock_civil() of a valid date */
int64_t clock_date_unix_s(const struct clock_date *date);

/** clock_digits_read() - the value of the next @count decimal digits of @text, which moves past
 * them. Return: -1, with @text unchanged, when there are fewer. */
int clock_digits_read(struct span *text, size_t count);

/**
 * clock_parse() - RFC 3339 date-time (fraction dropped, any offset) or decimal seconds since the
 * epoch Return: 0 and @ret_s; -EINVAL.
 */
NODISCARD int clock_parse(struct span text, int64_t *ret_s, struct err *err);

/** clock_render() - "2026-11-24T18:10:52Z"; "invalid time" outside the years 0 to 9999 */
const char *clock_render(int64_t unix_s, char text[static CLOCK_RFC3339_SIZE]);

#endif
