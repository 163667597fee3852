/* SPDX-License-Identifier: Apache-2.0 */
/*
 * emulator/strings.h: C strings without a C library, for lines of /proc, variables of the
 * environment and names of symbols.
 */
#ifndef COFFER_EMULATOR_STRINGS_H
#define COFFER_EMULATOR_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/** string_equals() - are both the same; unlike strcmp() it does not tell an order */
static inline bool string_equals(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return *a == *b;
}

/** string_starts_with() - @ret_rest: what follows @prefix, written on success only */
static inline bool string_starts_with(const char *text, const char *prefix, const char **ret_rest)
{
    for (; *prefix; text++, prefix++)
        if (*text != *prefix)
            return false;
    *ret_rest = text;
    return true;
}

/** string_copy() - as much of @from as fits @size bytes, which are zero before */
static inline void string_copy(char *to, size_t size, const char *from)
{
    for (size_t i = 0; i + 1 < size && from[i]; i++)
        to[i] = from[i];
}

/** string_hex() - the value of leading hexadecimal digits, 0 without. Return: after them. */
static inline const char *string_hex(const char *text, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (; text_hex_digit((uint8_t)*text) >= 0; text++)
        value = value << 4 | (uint64_t)text_hex_digit((uint8_t)*text);
    *ret_value = value;
    return text;
}

/** string_decimal() - the value of leading decimal digits, 0 without. Return: after them. */
static inline const char *string_decimal(const char *text, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (uint64_t)(*text - '0');
    *ret_value = value;
    return text;
}

#endif
