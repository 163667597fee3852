/* SPDX-License-Identifier: Apache-2.0 */
#include "mutate.h"

#include <stdlib.h>

static uint8_t *copy_exact(struct span bytes)
{
    uint8_t *copy = malloc(bytes.len ? bytes.len : 1);

    if (!copy)
        abort();
    if (bytes.len)
        memcpy(copy, bytes.data, bytes.len);
    return copy;
}

size_t mutate_prefixes(struct span valid, mutate_parse parse, void *context)
{
    size_t accepted = 0;

    for (size_t len = 0; len < valid.len; len++) {
        uint8_t *copy = copy_exact(span_sub(valid, 0, len));

        accepted += parse(span_of(copy, len), context) >= 0;
        free(copy);
    }
    return accepted;
}

size_t mutate_bits(struct span valid, size_t from, size_t to, mutate_parse parse, void *context)
{
    uint8_t *copy = copy_exact(valid);
    size_t accepted = 0;

    for (size_t bit = from * 8; bit < to * 8 && bit < valid.len * 8; bit++) {
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        accepted += parse(span_of(copy, valid.len), context) >= 0;
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    free(copy);
    return accepted;
}
