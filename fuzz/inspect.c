/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: anything through every form of `coffer inspect`; what it prints is printable. */
#include <assert.h>

#include "cmd/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (unsigned form = 0; form < 4; form++) {
        CLEANUP(buf_done) struct buf out = buf_init(ACCOUNT_SIZE_MAX);
        struct span wire = span_of(data, size);
        struct account a = account_of(&out, form & 1, form & 2, wire);
        struct err err = {0};

        if (inspect_any(&a, wire, &err) < 0) {
            assert(err.text[0]);
            return 0;
        }
        for (size_t i = 0; i < out.len && !a.json; i++)
            assert(out.data[i] == '\n' || (out.data[i] >= ' ' && out.data[i] < 0x7f));
    }
    return 0;
}
