/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/cbor.h: strict pull reader for CBOR (RFC 8949) over bytes in memory, without allocation.
 * Lengths must be definite, as deterministic encodings are; a length in more bytes than needed is
 * accepted. Latching: after the first violation every read gives CBOR_NONE, and cbor_ok() at the
 * end decides.
 */
#ifndef COFFER_CODEC_CBOR_H
#define COFFER_CODEC_CBOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/** enum cbor_type - the major types of RFC 8949, section 3.1 */
enum cbor_type {
    CBOR_NONE = 0, /* the end of the bytes, or a latched failure */
    CBOR_UNSIGNED,
    CBOR_NEGATIVE,
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_TAG,
    CBOR_SIMPLE, /* false, true, null and floating-point numbers */
};

/** struct cbor_item - one head with the content of a string; items of a container follow it */
struct cbor_item {
    enum cbor_type type;
    uint64_t value;     /* number, tag, count of items (ARRAY) or of pairs (MAP) */
    struct span string; /* BYTES, TEXT: borrowed */
};

struct cbor {
    struct span rest; /* not read yet */
    bool failed;
};

static inline struct cbor cbor_of(struct span bytes)
{
    return (struct cbor){.rest = bytes};
}

/** cbor_ok() - true when nothing was violated and nothing is left */
static inline bool cbor_ok(const struct cbor *c)
{
    return !c->failed && c->rest.len == 0;
}

/** cbor_next() - read one item; of a container or tag the head only */
struct cbor_item cbor_next(struct cbor *c);

/** cbor_skip() - pass over one whole item, whatever it contains. Return: its bytes. */
struct span cbor_skip(struct cbor *c);

/** cbor_is_whole() - is @bytes one well-formed item and nothing else? */
bool cbor_is_whole(struct span bytes);

#endif
