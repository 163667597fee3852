/* SPDX-License-Identifier: Apache-2.0 */
/* The one-file form of collateral: what parses is written again and means the same. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "collateral/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_done) struct buf in = buf_init(BUNDLE_SIZE_MAX);
    CLEANUP(buf_done) struct buf out = buf_init(BUNDLE_SIZE_MAX);
    CLEANUP(buf_done) struct buf again = buf_init(BUNDLE_SIZE_MAX);
    struct bundle a, b;
    struct err err = {0};

    if (bundle_parse_json(span_of(data, size), &in, &a, &err) < 0 ||
        bundle_render_json(&a, &out, &err) < 0)
        return 0;
    assert(bundle_parse_json(buf_span(&out), &again, &b, &err) == 0);
    return 0;
}
