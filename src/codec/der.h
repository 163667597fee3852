/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/der.h: strict reader for DER (X.690), as much of it as certificates and CRLs use: definite
 * minimal lengths, single-byte tags. Latching like base/reader.h: after the first violation every
 * read gives the empty element, and one der_ok() at the end decides.
 */
#ifndef COFFER_CODEC_DER_H
#define COFFER_CODEC_DER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/span.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_PRINTABLE_STRING = 0x13,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};

/** DER_CONTEXT() - tag of [n]: constructed (explicit) or primitive (implicit) */
#define DER_CONTEXT(n)           (0xa0 + (n))
#define DER_CONTEXT_PRIMITIVE(n) (0x80 + (n))

struct der {
    struct span rest; /* elements not read yet */
    bool failed;
};

static inline struct der der_of(struct span bytes)
{
    return (struct der){.rest = bytes};
}

static inline bool der_at_end(const struct der *d)
{
    return d->failed || d->rest.len == 0;
}

/** der_ok() - true when nothing was violated and nothing is left */
static inline bool der_ok(const struct der *d)
{
    return !d->failed && d->rest.len == 0;
}

/** der_fail() - latch a violation that the caller found */
static inline void der_fail(struct der *d)
{
    d->failed = true;
    d->rest = span_of(NULL, 0);
}

/** der_next_is() - true when the next element has @tag; reads nothing */
bool der_next_is(const struct der *d, uint8_t tag);

/** der_any() - the next element's content; its tag in @ret_tag, header and content in @ret_whole
 * (each may be NULL) */
struct span der_any(struct der *d, uint8_t *ret_tag, struct span *ret_whole);

/** der_read() - content of the next element, which must have @tag */
struct span der_read(struct der *d, uint8_t tag);

/** der_read_whole() - like der_read(), with header: what is signed or hashed */
struct span der_read_whole(struct der *d, uint8_t tag);

/** der_enter() - reader for the content of the next element, which must have @tag */
struct der der_enter(struct der *d, uint8_t tag);

/** der_leave() - latch in @outer when @inner failed or was not read to its end */
void der_leave(struct der *outer, const struct der *inner);

/** der_unsigned() - INTEGER >= 0, minimal, without its leading zero byte; at most @max bytes */
struct span der_unsigned(struct der *d, size_t max);

/** der_small() - INTEGER or ENUMERATED (by @tag) from 0 to @max */
uint32_t der_small(struct der *d, uint8_t tag, uint32_t max);

bool der_boolean(struct der *d);

/** der_bits() - BIT STRING without unused bits */
struct span der_bits(struct der *d);

/** der_time() - UTCTime or GeneralizedTime, "Z" form with seconds only (RFC 5280 4.1.2.5), unix
 * seconds */
int64_t der_time(struct der *d);

#endif
