/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: anything through the detector. What it finds lies in the input or in its own copy,
 * and is a quote or starts like one; what it does not find has a reason. */
#include <assert.h>
#include <errno.h>

#include "evidence/evidence.h"
#include "quote/open_enclave.h"
#include "quote/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum quote_wrapping wrapping;
    struct evidence ev;
    struct err err = {0};
    struct quote q;

    if (evidence_find(span_of(data, size), &ev, &err) < 0) {
        assert(err.text[0]);
        return 0;
    }
    assert(ev.form[0] && ev.wire.len > 0);
    assert(ev.is_raw == (ev.wire.data == data));
    if (!ev.is_raw)
        assert(quote_parse(quote_unwrap(ev.wire, &wrapping), &q, NULL) == 0);
    assert((ev.binding.state == EVIDENCE_UNBOUND) == (ev.binding.text[0] == 0));
    evidence_done(&ev);
    return 0;
}
