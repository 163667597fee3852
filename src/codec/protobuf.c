/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/protobuf.h"

enum {
    VARINT_SIZE_MAX = 10, /* bytes of a 64-bit varint */
    PAIR_SIZE_MAX = 64 * 1024,
};

/* One bare varint. */
static bool varint_read(struct protobuf_reader *r, uint64_t *ret)
{
    uint64_t value = 0;

    for (size_t i = 0; i < VARINT_SIZE_MAX && i < r->rest.len && !r->failed; i++) {
        uint8_t byte = r->rest.data[i];

        if (i == VARINT_SIZE_MAX - 1 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        r->rest = span_from(r->rest, i + 1);
        *ret = value;
        return true;
    }
    r->failed = true;
    return false;
}

static bool bytes_read(struct protobuf_reader *r, uint64_t len, struct span *ret)
{
    if (len > r->rest.len) {
        r->failed = true;
        return false;
    }
    *ret = span_of(r->rest.data, (size_t)len);
    r->rest = span_from(r->rest, (size_t)len);
    return true;
}

static bool fixed_read(struct protobuf_reader *r, size_t size, uint64_t *ret)
{
    struct span bytes;

    *ret = 0;
    if (!bytes_read(r, size, &bytes))
        return false;
    for (size_t i = size; i > 0; i--)
        *ret = *ret << 8 | bytes.data[i - 1];
    return true;
}

bool protobuf_next(struct protobuf_reader *r, struct protobuf_field *ret)
{
    uint64_t key, len;

    if (r->failed || r->rest.len == 0)
        return false;
    *ret = (struct protobuf_field){0};
    if (!varint_read(r, &key))
        return false;
    ret->number = (uint32_t)(key >> 3);
    ret->type = (enum protobuf_type)(key & 7);
    if (key >> 3 && key >> 32 == 0) {
        if (ret->type == PROTOBUF_VARINT)
            return varint_read(r, &ret->value);
        if (ret->type == PROTOBUF_BYTES)
            return varint_read(r, &len) && bytes_read(r, len, &ret->bytes);
        if (ret->type == PROTOBUF_FIXED64)
            return fixed_read(r, 8, &ret->value);
        if (ret->type == PROTOBUF_FIXED32)
            return fixed_read(r, 4, &ret->value);
    }
    r->failed = true;
    return false;
}

static void put_bare(struct buf *b, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_put_u8(b, (uint8_t)(value | 0x80));
    buf_put_u8(b, (uint8_t)value);
}

void protobuf_put_varint(struct buf *b, uint32_t number, uint64_t value)
{
    put_bare(b, (uint64_t)number << 3 | PROTOBUF_VARINT);
    put_bare(b, value);
}

size_t protobuf_varint_size(uint64_t value)
{
    size_t size = 1;

    for (; value >= 0x80; value >>= 7)
        size++;
    return size;
}

void protobuf_put_bytes_head(struct buf *b, uint32_t number, size_t len)
{
    put_bare(b, (uint64_t)number << 3 | PROTOBUF_BYTES);
    put_bare(b, len);
}

void protobuf_put_bytes(struct buf *b, uint32_t number, struct span bytes)
{
    protobuf_put_bytes_head(b, number, bytes.len);
    buf_put(b, bytes);
}

void protobuf_put_str(struct buf *b, uint32_t number, const char *text)
{
    protobuf_put_bytes(b, number, span_str(text));
}

void protobuf_put_pair(struct buf *b, uint32_t number, const char *key, const char *value)
{
    CLEANUP(buf_done) struct buf pair = buf_init(PAIR_SIZE_MAX);

    protobuf_put_str(&pair, 1, key);
    protobuf_put_str(&pair, 2, value);
    if (buf_status(&pair) < 0 && !b->status)
        b->status = buf_status(&pair);
    protobuf_put_bytes(b, number, buf_span(&pair));
}
