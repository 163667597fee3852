/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: a quote of any version, wrapped or bare; rendering gives back what was parsed. */
#include <assert.h>

#include "quote/open_enclave.h"
#include "quote/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_done) struct buf again = buf_init(QUOTE_SIZE_MAX);
    enum quote_wrapping wrapping;
    struct span wire = quote_unwrap(span_of(data, size), &wrapping);
    struct quote_ppid ppid;
    struct quote quote;

    if (quote_parse(wire, &quote, NULL) < 0)
        return 0;
    quote_render(&quote, &again);
    assert(buf_status(&again) == 0 && span_equal(buf_span(&again), wire));
    (void)!quote_parse_ppid(&quote.auth, &ppid, NULL);
    return 0;
}
