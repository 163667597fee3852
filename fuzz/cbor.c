/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: CBOR item by item, and skipped whole; both ways agree on where it ends. */
#include <assert.h>

#include "codec/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cbor items = cbor_of(span_of(data, size)), whole = items;
    struct span first = cbor_skip(&whole);
    uint64_t left = 1;

    assert(first.len <= size && whole.failed == (first.len == 0));
    if (whole.failed)
        return 0;
    while (left > 0) {
        struct cbor_item item = cbor_next(&items);

        assert(item.type != CBOR_NONE);
        left--;
        if (item.type == CBOR_ARRAY)
            left += item.value;
        else if (item.type == CBOR_MAP)
            left += 2 * item.value;
        else if (item.type == CBOR_TAG)
            left++;
    }
    assert(size - items.rest.len == first.len);
    return 0;
}
