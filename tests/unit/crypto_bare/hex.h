/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers are written as hexadecimal text; malformed text is a mistake in the test. */
#ifndef COFFER_TESTS_HEX_H
#define COFFER_TESTS_HEX_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>

/** unhex() - decode @text. Return: bytes written, at most @size. */
static inline size_t unhex(const char *text, uint8_t *ret, size_t size)
{
    size_t len = strlen(text) / 2;

    assert(len <= size);
    for (size_t i = 0; i < len; i++) {
        unsigned value;

        if (sscanf(text + 2 * i, "%2x", &value) != 1)
            assert(false && "hexadecimal");
        ret[i] = (uint8_t)value;
    }
    return len;
}

#endif
