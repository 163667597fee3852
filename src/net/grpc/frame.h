/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/grpc/frame.h: the message framing inside a gRPC stream: one flag byte, four bytes of length
 * (big-endian), the message. Bytes come in pieces of any size. The buffer grows with the
 * bytes that have arrived, never to the size that the prefix announces.
 */
#ifndef COFFER_NET_GRPC_FRAME_H
#define COFFER_NET_GRPC_FRAME_H

#include "base/buf.h"
#include "base/err.h"

enum {
    GRPC_FRAME_PREFIX_SIZE = 5, /* bytes before each message */
};

/** struct grpc_frame - caller storage; grpc_frame_init(), grpc_frame_done() */
struct grpc_frame {
    uint8_t prefix[GRPC_FRAME_PREFIX_SIZE];
    uint32_t prefix_len;   /* bytes of the prefix that have arrived */
    uint32_t message_size; /* bytes, valid when the prefix is whole */
    struct buf message;
};

/** grpc_frame_init() - @message_max: bytes of the largest message accepted */
static inline struct grpc_frame grpc_frame_init(size_t message_max)
{
    return (struct grpc_frame){.message = buf_init(message_max)};
}

static inline void grpc_frame_done(struct grpc_frame *f)
{
    buf_done(&f->message);
}

/** grpc_frame_is_empty() - true between messages: no byte of the next one has arrived */
static inline bool grpc_frame_is_empty(const struct grpc_frame *f)
{
    return f->prefix_len == 0;
}

/**
 * grpc_frame_feed() - take bytes up to the end of the current message
 * @bytes:       advanced over what was taken
 * @ret_message: the whole message, borrowed until the next call; written when 1 is returned
 *
 * Return: 1 when a message is complete (call again for the rest of @bytes); 0 when more bytes
 * are needed; -EPROTO for a compressed message; -EMSGSIZE above the maximum; -ENOMEM.
 */
NODISCARD int grpc_frame_feed(struct grpc_frame *f, struct span *bytes, struct span *ret_message,
                              struct err *err);

/** grpc_frame_prefix() - the five bytes before a message of @message_size bytes */
void grpc_frame_prefix(uint32_t message_size, uint8_t ret[static GRPC_FRAME_PREFIX_SIZE]);

#endif
