/* SPDX-License-Identifier: Apache-2.0 */
#include "base/size.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t bytes;
};

static const struct unit units[] = {
    {"", 1},
    {"Ki", 1ULL << 10},
    {"Mi", 1ULL << 20},
    {"Gi", 1ULL << 30},
    {"Ti", 1ULL << 40},
    {"k", 1000},
    {"K", 1000},
    {"M", 1000000},
    {"G", 1000000000},
    {"T", 1000000000000ULL},
};

static const struct unit *unit_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
        size_t len = strlen(units[i].name);

        if (strcmp(name, units[i].name) == 0)
            return &units[i];
        if (strncmp(name, units[i].name, len) == 0 && strcmp(name + len, "B") == 0)
            return &units[i];
    }
    return NULL;
}

int size_parse(const char *text, uint64_t *ret_bytes, struct err *err)
{
    const struct unit *unit;
    const char *p = text;
    uint64_t value = 0;

    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (unsigned)(*p - '0'), &value))
            return err_set(err, -ERANGE, "size \"%.40s\" is too large", text);
    unit = unit_find(p);
    if (p == text || !unit)
        return err_set(err, -EINVAL, "\"%.40s\" is not a size such as 168Mi, 256Gi or 65536", text);
    if (__builtin_mul_overflow(value, unit->bytes, &value) || value > INT64_MAX)
        return err_set(err, -ERANGE, "size \"%.40s\" is too large", text);
    *ret_bytes = value;
    return 0;
}

const char *size_render(uint64_t bytes, char text[static SIZE_TEXT_SIZE])
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    uint64_t unit = 1;
    size_t i = 0;

    while (i + 1 < ARRAY_COUNT(names) && bytes / unit >= 1024) {
        unit *= 1024;
        i++;
    }
    if (bytes % unit == 0 || i == 0)
        snprintf(text, SIZE_TEXT_SIZE, "%llu %s", (unsigned long long)(bytes / unit), names[i]);
    else
        snprintf(text, SIZE_TEXT_SIZE, "%.1f %s", (double)bytes / (double)unit, names[i]);
    return text;
}
