/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/reader.h: latching reader. Wire structures are read field by field; the first read past
 * the end latches a failure, later reads give zeros, and one check at the end decides.
 */
#ifndef COFFER_BASE_READER_H
#define COFFER_BASE_READER_H

#include "base/macros.h"
#include "base/span.h"

struct reader {
    struct span rest; /* the bytes that follow, not read yet */
    size_t offset;    /* bytes read since reader_of() */
    bool failed;
};

static inline struct reader reader_of(struct span wire)
{
    return (struct reader){.rest = wire};
}

/** reader_bytes() - the next @len bytes, borrowed; the empty span and a latched failure if short */
struct span reader_bytes(struct reader *r, size_t len);

/** reader_copy() - the next @len bytes into @to; zeros and a latched failure if short */
void reader_copy(struct reader *r, void *to, size_t len);

uint8_t reader_u8(struct reader *r);
uint16_t reader_u16le(struct reader *r);
uint32_t reader_u32le(struct reader *r);
uint64_t reader_u64le(struct reader *r);

/** reader_ok() - true when no read went past the end */
static inline bool reader_ok(const struct reader *r)
{
    return !r->failed;
}

#endif
