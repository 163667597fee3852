/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/text.h: text of files and peers is cut into lines and words, and its digits become values.
 * Every function is total and pure: there is no input that it may not be given.
 */
#ifndef COFFER_BASE_TEXT_H
#define COFFER_BASE_TEXT_H

#include "base/span.h"

/** text_trim() - without blanks and line ends at either end */
struct span text_trim(struct span text);

/** text_strip() - text_trim(), and without a UTF-8 byte order mark in front and NULs at the end */
struct span text_strip(struct span text);

/** text_split() - the text before the first @delimiter, or all of it; @rest becomes what follows */
struct span text_split(struct span *rest, uint8_t delimiter);

bool text_ends_with(struct span text, struct span suffix);

/** text_hex_digit() - 0 to 15 of a digit in either case; -1 for any other character */
static inline int text_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/** text_is_hex() - true when every character is a hexadecimal digit (and for the empty text) */
bool text_is_hex(struct span text);

/**
 * text_hex_parse() - the value of one to @digits_max (at most 16) hexadecimal digits and no more
 * Return: false, with @ret_value untouched, for any other text.
 */
bool text_hex_parse(struct span text, size_t digits_max, uint64_t *ret_value);

#endif
