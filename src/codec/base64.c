/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/base64.h"

#include <errno.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The digits of both alphabets. Each has its value plus one, so that zero means "not a digit". */
static const uint8_t values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
    ['-'] = 63, ['_'] = 64,
};

void base64_put(struct buf *out, struct span bytes, unsigned flags)
{
    const char *digits = flags & BASE64_URL ? url : standard;
    size_t rest = bytes.len % 3, size = bytes.len / 3 * 4;
    uint8_t *to;

    if (rest > 0)
        size += flags & BASE64_NO_PADDING ? rest + 1 : 4;
    to = size > 0 ? buf_reserve(out, size) : NULL;
    if (!to)
        return;
    out->len += size;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t have = MIN(bytes.len - i, (size_t)3);
        uint32_t word = (uint32_t)bytes.data[i] << 16;

        if (have > 1)
            word |= (uint32_t)bytes.data[i + 1] << 8;
        if (have > 2)
            word |= bytes.data[i + 2];
        for (size_t j = 0; j < 4; j++) {
            if (j <= have)
                *to++ = (uint8_t)digits[word >> (18 - 6 * j) & 63];
            else if (!(flags & BASE64_NO_PADDING))
                *to++ = '=';
        }
    }
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit_of(uint8_t c, unsigned flags)
{
    if (values[c] == 0)
        return false;
    if (flags & BASE64_ANY)
        return true;
    return flags & BASE64_URL ? c != '+' && c != '/' : c != '-' && c != '_';
}

/* The text after the last digit: blanks where they are allowed, and the padding that @digits needs.
 */
static bool tail_is_valid(struct span tail, size_t digits, unsigned flags)
{
    size_t pads = 0, need = (4 - digits % 4) % 4;

    for (size_t i = 0; i < tail.len; i++) {
        if (tail.data[i] == '=')
            pads++;
        else if (!(flags & BASE64_SKIP_SPACE) || !is_space(tail.data[i]))
            return false;
    }
    if (pads == 0 && flags & (BASE64_ANY | BASE64_NO_PADDING))
        return true;
    return pads == need && !(flags & BASE64_NO_PADDING && pads > 0);
}

int base64_decode(struct span text, unsigned flags, struct buf *out, struct err *err)
{
    uint8_t *to = buf_reserve(out, text.len / 4 * 3 + 3), *start = to;
    uint32_t word = 0;
    size_t digits = 0, i;

    if (!to)
        return err_set(err, buf_status(out), "base64: %zu characters are too many", text.len);
    for (i = 0; i < text.len; i++) {
        if (is_digit_of(text.data[i], flags)) {
            word = word << 6 | (uint32_t)(values[text.data[i]] - 1);
            if (++digits % 4 == 0) {
                *to++ = (uint8_t)(word >> 16);
                *to++ = (uint8_t)(word >> 8);
                *to++ = (uint8_t)word;
                word = 0;
            }
        } else if (!(flags & BASE64_SKIP_SPACE) || !is_space(text.data[i])) {
            break;
        }
    }
    if (digits % 4 == 1 || !tail_is_valid(span_from(text, i), digits, flags))
        return err_set(err, -EBADMSG, "base64: unexpected text at byte %zu of %zu", i, text.len);
    if (digits % 4 == 2 ? word & 15 : digits % 4 == 3 ? word & 3 : 0)
        return err_set(err, -EBADMSG, "base64: the unused bits after the last byte are not zero");
    if (digits % 4 == 2)
        *to++ = (uint8_t)(word >> 4);
    if (digits % 4 == 3) {
        *to++ = (uint8_t)(word >> 10);
        *to++ = (uint8_t)(word >> 2);
    }
    out->len += (size_t)(to - start);
    return 0;
}
