/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aesm/proto.h: the part of the protocol buffers wire format that AESM uses: varint and
 * length-delimited fields. Groups, which no client ever sends, count as malformed.
 */
#ifndef COFFER_AESM_PROTO_H
#define COFFER_AESM_PROTO_H

#include "base/buf.h"
#include "base/reader.h"

enum proto_type {
    PROTO_VARINT = 0,
    PROTO_FIXED64 = 1,
    PROTO_BYTES = 2,
    PROTO_FIXED32 = 5,
};

/** struct proto_field - one field as it stands on the wire */
struct proto_field {
    uint32_t number;
    enum proto_type type;
    uint64_t value;    /* PROTO_VARINT */
    struct span bytes; /* PROTO_BYTES, borrowed */
};

/**
 * proto_next() - read one field
 * Return: true and @ret; false at the end and on malformed input, which reader_ok() tells apart.
 */
NODISCARD bool proto_next(struct reader *r, struct proto_field *ret);

/** proto_varint_size() - bytes that proto_put_varint() will write, 1 to 10 */
size_t proto_varint_size(uint64_t value);

void proto_put_varint(struct buf *b, uint64_t value);

/** proto_put_key() - a field's number and type */
void proto_put_key(struct buf *b, uint32_t number, enum proto_type type);

#endif
