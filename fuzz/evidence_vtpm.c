/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: an Azure vTPM report, whatever the bytes after its magic are. */
#include <assert.h>

#include "evidence/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_done) struct buf runtime = buf_init(EVIDENCE_SIZE_MAX);
    struct evidence_scan s = {.runtime = runtime};

    evidence_vtpm_take(&s, span_of(data, size));
    evidence_vtpm_take(&s, span_of(data, size));
    assert(s.has_vtpm == (s.runtime.len > 0));
    assert(s.has_vtpm || s.problem[0] || s.status < 0);
    assert(!s.has_vtpm || !s.problem[0]);
    buf_done(&s.runtime);
    return 0;
}
