/* SPDX-License-Identifier: Apache-2.0 */
#include "aesm/proto.h"

enum {
    VARINT_SIZE_MAX = 10, /* bytes of a 64-bit value */
    KEY_TYPE_BITS = 3,
    KEY_NUMBER_MAX = (1 << 29) - 1,
};

static uint64_t read_varint(struct reader *r)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < VARINT_SIZE_MAX; i++) {
        uint8_t byte = reader_u8(r);

        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            return value;
    }
    r->failed = true;
    return 0;
}

static void read_value(struct reader *r, struct proto_field *field)
{
    switch (field->type) {
    case PROTO_VARINT:
        field->value = read_varint(r);
        return;
    case PROTO_FIXED64:
        reader_bytes(r, 8);
        return;
    case PROTO_FIXED32:
        reader_bytes(r, 4);
        return;
    case PROTO_BYTES: {
        uint64_t size = read_varint(r);

        if (size > r->rest.len) {
            r->failed = true;
            return;
        }
        field->bytes = reader_bytes(r, (size_t)size);
        return;
    }
    default:
        r->failed = true;
        return;
    }
}

bool proto_next(struct reader *r, struct proto_field *ret)
{
    struct proto_field field = {0};
    uint64_t key;

    if (r->failed || r->rest.len == 0)
        return false;

    key = read_varint(r);
    if (key >> KEY_TYPE_BITS == 0 || key >> KEY_TYPE_BITS > KEY_NUMBER_MAX) {
        r->failed = true;
        return false;
    }
    field.number = (uint32_t)(key >> KEY_TYPE_BITS);
    field.type = (enum proto_type)(key & ((1 << KEY_TYPE_BITS) - 1));
    read_value(r, &field);
    if (r->failed)
        return false;

    *ret = field;
    return true;
}

size_t proto_varint_size(uint64_t value)
{
    size_t size = 1;

    while (value >= 0x80) {
        value >>= 7;
        size++;
    }
    return size;
}

void proto_put_varint(struct buf *b, uint64_t value)
{
    while (value >= 0x80) {
        buf_put_u8(b, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    buf_put_u8(b, (uint8_t)value);
}

void proto_put_key(struct buf *b, uint32_t number, enum proto_type type)
{
    proto_put_varint(b, ((uint64_t)number << KEY_TYPE_BITS) | (uint64_t)type);
}
