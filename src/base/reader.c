/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

struct span reader_bytes(struct reader *r, size_t len)
{
    struct span bytes;

    if (r->failed || len > r->rest.len) {
        r->failed = true;
        return span_of(NULL, 0);
    }
    bytes = span_of(r->rest.data, len);
    r->rest = span_from(r->rest, len);
    r->offset += len;
    return bytes;
}

void reader_copy(struct reader *r, void *to, size_t len)
{
    struct span bytes = reader_bytes(r, len);

    if (!len)
        return;
    if (bytes.len == len)
        memcpy(to, bytes.data, len);
    else
        memset(to, 0, len);
}

uint8_t reader_u8(struct reader *r)
{
    uint8_t b[1];

    reader_copy(r, b, sizeof(b));
    return b[0];
}

uint16_t reader_u16le(struct reader *r)
{
    uint8_t b[2];

    reader_copy(r, b, sizeof(b));
    return (uint16_t)(b[0] | b[1] << 8);
}

uint32_t reader_u32le(struct reader *r)
{
    uint32_t low = reader_u16le(r);

    return low | (uint32_t)reader_u16le(r) << 16;
}

uint64_t reader_u64le(struct reader *r)
{
    uint64_t low = reader_u32le(r);

    return low | (uint64_t)reader_u32le(r) << 32;
}
