/* SPDX-License-Identifier: Apache-2.0 */
#include "quote/td_bits.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/text.h"

enum {
    BIT_COUNT = 64,
};

static const char *const attributes[BIT_COUNT] = {
    [0] = "DEBUG", [4] = "HGS_PLUS_PROF",    [5] = "PERF_PROF",   [6] = "PMT_PROF", [16] = "ICSSD",
    [27] = "LASS", [28] = "SEPT_VE_DISABLE", [29] = "MIGRATABLE", [30] = "PKS",     [31] = "KL",
    [62] = "TPA",  [63] = "PERFMON",
};

/* The states that a TD can have. MPX (3, 4), PASID (10) and HDC (13) exist outside TDs only. */
static const char *const xfam[BIT_COUNT] = {
    [0] = "X87",      [1] = "SSE",  [2] = "AVX",       [5] = "OPMASK",     [6] = "ZMM_HI256",
    [7] = "HI16_ZMM", [8] = "PT",   [9] = "PKRU",      [11] = "CET_U",     [12] = "CET_S",
    [14] = "UINTR",   [15] = "LBR", [17] = "XTILECFG", [18] = "XTILEDATA",
};

static const char *const *names_of(enum td_bits_kind kind)
{
    assert(kind == TD_BITS_ATTRIBUTES || kind == TD_BITS_XFAM);
    return kind == TD_BITS_XFAM ? xfam : attributes;
}

uint64_t td_bits_known(enum td_bits_kind kind)
{
    const char *const *names = names_of(kind);
    uint64_t known = 0;

    for (unsigned i = 0; i < BIT_COUNT; i++)
        known |= (uint64_t)(names[i] != NULL) << i;
    return known;
}

const char *td_bits_name(enum td_bits_kind kind, unsigned bit, char text[static TD_BITS_NAME_SIZE])
{
    assert(bit < BIT_COUNT);
    if (names_of(kind)[bit])
        return names_of(kind)[bit];
    snprintf(text, TD_BITS_NAME_SIZE, "bit%u", bit);
    return text;
}

void td_bits_put(enum td_bits_kind kind, uint64_t value, const char *separator, struct buf *out)
{
    const char *between = "";
    char text[TD_BITS_NAME_SIZE];

    for (unsigned i = 0; i < BIT_COUNT; i++) {
        if (!(value >> i & 1))
            continue;
        buf_put_str(out, between);
        buf_put_str(out, td_bits_name(kind, i, text));
        between = separator;
    }
}

/* Return: the number of the bit that @word names; -1 when it names none. */
static int bit_find(const char *const *names, struct span word)
{
    for (unsigned i = 0; i < BIT_COUNT; i++) {
        char number[8];

        snprintf(number, sizeof(number), "bit%u", i);
        if ((names[i] && span_equal_str(word, names[i])) || span_equal_str(word, number))
            return (int)i;
    }
    return -1;
}

int td_bits_parse(enum td_bits_kind kind, struct span words, uint64_t *ret, struct err *err)
{
    uint64_t bits = 0;

    while (words.len > 0) {
        struct span word = text_split(&words, ',');
        int bit = bit_find(names_of(kind), word);

        if (bit < 0)
            return err_set(err, -EINVAL, "\"%.*s\" is neither a bit's name nor bit0 to bit63",
                           (int)word.len, (const char *)word.data);
        bits |= UINT64_C(1) << bit;
    }
    if (bits == 0)
        return err_set(err, -EINVAL, "no bit is named");
    *ret = bits;
    return 0;
}

uint64_t td_bits_of(const uint8_t bytes[static 8])
{
    uint64_t value = 0;

    for (size_t i = 8; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}
