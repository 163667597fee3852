/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: collateral with whatever transport put around it, and Intel's structure as a file.
 */
#include <assert.h>

#include "collateral/served.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_done) struct buf into = buf_init(BUNDLE_SIZE_MAX);
    struct span input = span_of(data, size);
    struct bundle in = {0}, out;

    if (served_flat_parse(input, &in, NULL) < 0)
        for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
            in.piece[i] = input;
    if (served_bundle(&in, &into, &out, NULL) < 0)
        return 0;
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++)
        assert(out.piece[i].len <= size);
    assert(served_body(input).len <= size);
    return 0;
}
