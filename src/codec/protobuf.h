/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/protobuf.h: the protobuf wire format (protobuf.dev/programming-guides/encoding), read
 * field by field without copies and written into a struct buf. It serves messages whose repeated
 * fields have hundreds of thousands of entries; generated code would allocate each entry.
 */
#ifndef COFFER_CODEC_PROTOBUF_H
#define COFFER_CODEC_PROTOBUF_H

#include <stdbool.h>

#include "base/buf.h"

enum {
    PROTOBUF_TYPE_BITS = 3, /* of a key; the field number is above them */
};

enum protobuf_type {
    PROTOBUF_VARINT = 0,
    PROTOBUF_FIXED64 = 1,
    PROTOBUF_BYTES = 2,
    PROTOBUF_FIXED32 = 5,
};

/** struct protobuf_field - one field of a message */
struct protobuf_field {
    uint32_t number;
    enum protobuf_type type;
    uint64_t value;    /* varint, fixed64, fixed32 */
    struct span bytes; /* borrowed from the message */
};

/** struct protobuf_reader - latching: after malformed bytes nothing more is read */
struct protobuf_reader {
    struct span rest;
    bool failed;
};

static inline struct protobuf_reader protobuf_reader_of(struct span message)
{
    return (struct protobuf_reader){.rest = message};
}

/**
 * protobuf_next() - read the next field
 * Return: false at the end of the message, or when it is malformed: then @failed is set. Groups
 * (proto1) count as malformed.
 */
NODISCARD bool protobuf_next(struct protobuf_reader *r, struct protobuf_field *ret);

/** protobuf_varint_size() - bytes of @value as a varint, 1 to 10 */
size_t protobuf_varint_size(uint64_t value);

/** protobuf_put_bytes_head() - key and length of a bytes field; the caller appends @len bytes */
void protobuf_put_bytes_head(struct buf *b, uint32_t number, size_t len);

void protobuf_put_varint(struct buf *b, uint32_t number, uint64_t value);
void protobuf_put_bytes(struct buf *b, uint32_t number, struct span bytes);
void protobuf_put_str(struct buf *b, uint32_t number, const char *text);

/** protobuf_put_pair() - one entry of a map<string, string> */
void protobuf_put_pair(struct buf *b, uint32_t number, const char *key, const char *value);

#endif
