/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: an RA-TLS certificate, its extension as evidence, and the binding of its key. */
#include <assert.h>

#include "evidence/binding.h"
#include "evidence/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t report_data[64];
    struct evidence_certificate c;
    struct evidence_binding bound;
    struct span whole = span_of(data, size), start = span_sub(whole, 0, size / 2);

    if (evidence_certificate_parse(whole, &c, NULL) == 0) {
        assert(c.key_name && (c.extension != NULL) == (c.evidence_count > 0));
        if (evidence_binding_key(c.spki, c.evidence, span_of(report_data, 64), &bound) == 0)
            assert(bound.state == EVIDENCE_NOT_BOUND);
    }
    /* the input as key and claims, without a certificate around them */
    if (evidence_binding_key(start, span_from(whole, size / 2), span_of(report_data, 64), &bound) ==
        0)
        assert(bound.state == EVIDENCE_NOT_BOUND);
    return 0;
}
