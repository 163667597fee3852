/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: gRPC framing. The first byte chooses the size of the pieces that bytes come in. */
#include <stdlib.h>

#include "net/grpc/frame.h"

enum {
    MESSAGE_MAX = 4096, /* bytes */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct grpc_frame f = grpc_frame_init(MESSAGE_MAX);
    size_t step = size > 0 ? 1 + data[0] : 1;
    int r = 0;

    for (size_t at = 1; at < size && r >= 0; at += step) {
        struct span bytes = span_of(data + at, MIN(step, size - at)), message;

        while (bytes.len > 0 && r >= 0) {
            r = grpc_frame_feed(&f, &bytes, &message, NULL);
            if (r == 1 && message.len > MESSAGE_MAX)
                abort();
        }
    }
    grpc_frame_done(&f);
    return 0;
}
