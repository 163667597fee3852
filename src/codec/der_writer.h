/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/der_writer.h: DER (X.690), written in order. Elements nest by begin and end; failures latch
 * in the buffer.
 */
#ifndef COFFER_CODEC_DER_WRITER_H
#define COFFER_CODEC_DER_WRITER_H

#include "base/buf.h"
#include "codec/der.h"

enum {
    DER_WRITER_DEPTH_MAX = 16, /* elements open at once */
};

/** struct der_writer - caller storage */
struct der_writer {
    struct buf *out; /* borrowed */
    size_t start[DER_WRITER_DEPTH_MAX];
    unsigned depth;
};

static inline struct der_writer der_writer_of(struct buf *out)
{
    return (struct der_writer){.out = out};
}

/** der_writer_begin() - open an element of @tag; everything up to der_writer_end() is its content
 */
void der_writer_begin(struct der_writer *w, uint8_t tag);
void der_writer_end(struct der_writer *w);

/** der_writer_put() - a whole element of @tag */
void der_writer_put(struct der_writer *w, uint8_t tag, struct span content);

/** der_writer_put_raw() - bytes that are elements already */
void der_writer_put_raw(struct der_writer *w, struct span elements);

/** der_writer_put_oid() - OBJECT IDENTIFIER from its encoded content */
void der_writer_put_oid(struct der_writer *w, struct span content);

/** der_writer_put_unsigned() - INTEGER from big-endian bytes; leading zeros are dropped */
void der_writer_put_unsigned(struct der_writer *w, struct span big_endian);

/** der_writer_put_number() - INTEGER or ENUMERATED (by @tag), not negative */
void der_writer_put_number(struct der_writer *w, uint8_t tag, uint32_t value);

void der_writer_put_boolean(struct der_writer *w, bool value);

/** der_writer_put_bits() - BIT STRING of whole bytes, the last @unused bits of which do not count
 */
void der_writer_put_bits(struct der_writer *w, struct span bytes, uint8_t unused);

/** der_writer_put_time() - UTCTime up to 2049, GeneralizedTime from then on (RFC 5280 4.1.2.5) */
void der_writer_put_time(struct der_writer *w, int64_t unix_s);

#endif
