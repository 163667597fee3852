/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc/frame.h"

#include <errno.h>

static struct span bytes_take(struct span *bytes, size_t len)
{
    struct span taken = span_sub(*bytes, 0, MIN(len, bytes->len));

    *bytes = span_from(*bytes, taken.len);
    return taken;
}

static int message_begin(struct grpc_frame *f, struct err *err)
{
    const uint8_t *p = f->prefix;

    f->message_size = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
    if (p[0] != 0)
        return err_set(err, -EPROTO, "the message is compressed, but no encoding was agreed on");
    if (f->message_size > f->message.max)
        return err_set(err, -EMSGSIZE, "message of %u bytes, limit %zu", f->message_size,
                       f->message.max);
    return 0;
}

int grpc_frame_feed(struct grpc_frame *f, struct span *bytes, struct span *ret_message,
                    struct err *err)
{
    struct span piece;
    int r;

    if (f->prefix_len == 0)
        buf_clear(&f->message);
    if (f->prefix_len < GRPC_FRAME_PREFIX_SIZE) {
        piece = bytes_take(bytes, GRPC_FRAME_PREFIX_SIZE - f->prefix_len);
        if (piece.len > 0)
            memcpy(f->prefix + f->prefix_len, piece.data, piece.len);
        f->prefix_len += (uint32_t)piece.len;
        if (f->prefix_len < GRPC_FRAME_PREFIX_SIZE)
            return 0;
        r = message_begin(f, err);
        if (r < 0)
            return r;
    }
    buf_put(&f->message, bytes_take(bytes, f->message_size - f->message.len));
    if (buf_status(&f->message) < 0)
        return err_set(err, buf_status(&f->message), "message of %u bytes", f->message_size);
    if (f->message.len < f->message_size)
        return 0;
    f->prefix_len = 0;
    *ret_message = buf_span(&f->message);
    return 1;
}

void grpc_frame_prefix(uint32_t message_size, uint8_t ret[static GRPC_FRAME_PREFIX_SIZE])
{
    ret[0] = 0;
    ret[1] = (uint8_t)(message_size >> 24);
    ret[2] = (uint8_t)(message_size >> 16);
    ret[3] = (uint8_t)(message_size >> 8);
    ret[4] = (uint8_t)message_size;
}
