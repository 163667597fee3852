/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/cbor.h"

enum {
    MAJOR_SHIFT = 5, /* the major type is in the top three bits of an item's first byte */
    INFO_MASK = 0x1f,
    INFO_ONE_BYTE = 24, /* the argument follows in 1, 2, 4 or 8 bytes: 24 to 27 */
    INFO_EIGHT_BYTES = 27,
};

static struct cbor_item fail(struct cbor *c)
{
    c->failed = true;
    c->rest = span_of(NULL, 0);
    return (struct cbor_item){0};
}

/* The argument of a head (RFC 8949, section 3). Return: false when it is not complete, or when the
 * length is indefinite. */
static bool argument_read(struct cbor *c, uint8_t info, uint64_t *ret)
{
    size_t size;

    if (info < INFO_ONE_BYTE) {
        *ret = info;
        return true;
    }
    if (info > INFO_EIGHT_BYTES)
        return false;
    size = (size_t)1 << (info - INFO_ONE_BYTE);
    if (size > c->rest.len)
        return false;
    *ret = 0;
    for (size_t i = 0; i < size; i++)
        *ret = *ret << 8 | c->rest.data[i];
    c->rest = span_from(c->rest, size);
    return true;
}

/* How many items follow a head and belong to it. */
static uint64_t children_of(const struct cbor_item *item)
{
    switch (item->type) {
    case CBOR_ARRAY:
        return item->value;
    case CBOR_MAP:
        return 2 * item->value;
    case CBOR_TAG:
        return 1;
    case CBOR_NONE:
    case CBOR_UNSIGNED:
    case CBOR_NEGATIVE:
    case CBOR_BYTES:
    case CBOR_TEXT:
    case CBOR_SIMPLE:
        break;
    }
    return 0;
}

struct cbor_item cbor_next(struct cbor *c)
{
    static const enum cbor_type types[] = {CBOR_UNSIGNED, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT,
                                           CBOR_ARRAY,    CBOR_MAP,      CBOR_TAG,   CBOR_SIMPLE};
    struct cbor_item item = {0};
    uint8_t first;

    if (c->failed || c->rest.len == 0)
        return item;
    first = c->rest.data[0];
    c->rest = span_from(c->rest, 1);
    item.type = types[first >> MAJOR_SHIFT];
    if (!argument_read(c, first & INFO_MASK, &item.value))
        return fail(c);
    if (item.type == CBOR_BYTES || item.type == CBOR_TEXT) {
        if (item.value > c->rest.len)
            return fail(c);
        item.string = span_sub(c->rest, 0, (size_t)item.value);
        c->rest = span_from(c->rest, (size_t)item.value);
    } else if ((item.type == CBOR_ARRAY || item.type == CBOR_MAP) && item.value > c->rest.len) {
        return fail(c); /* every item has at least one byte */
    }
    return item;
}

/* Not recursive: one count of the items that are still to come, at all depths together. */
struct span cbor_skip(struct cbor *c)
{
    struct span start = c->rest;
    uint64_t left = 1;

    while (left > 0) {
        struct cbor_item item = cbor_next(c);

        if (item.type == CBOR_NONE) {
            fail(c);
            return span_of(NULL, 0);
        }
        left += children_of(&item) - 1;
        if (left > c->rest.len) {
            fail(c);
            return span_of(NULL, 0);
        }
    }
    return span_sub(start, 0, start.len - c->rest.len);
}

bool cbor_is_whole(struct span bytes)
{
    struct cbor c = cbor_of(bytes);

    return cbor_skip(&c).len > 0 && cbor_ok(&c);
}
