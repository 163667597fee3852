/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On Azure's confidential VMs the paravisor takes the TD report at boot and keeps it, with data of
 * its own, in the vTPM (NV index 01400001). The guest gets a quote for that report from the host
 * and sends both. The report data of the TD report, and so of the quote, are the hash of the
 * runtime data: a JSON text with the vTPM's attestation key. Who trusts the vTPM because of the
 * quote has to check this link, so it is the binding of this form.
 *
 *     0  "HCLA", u32 version, u32 size, u32 request type, u32 status, 12 reserved bytes
 *    32  the hardware's report, 1184 bytes: an SNP report, or a TD report of 1024 bytes and zeros
 *  1216  u32 size, u32 version, u32 report type (2 SNP, 4 TDX), u32 hash (1 SHA-256, 2 SHA-384,
 *        3 SHA-512), u32 size of the runtime data
 *  1236  runtime data
 *
 * Source: Microsoft's confidential-computing-cvm-guest-attestation, attestation report of the HCL.
 */
#include <errno.h>

#include "base/reader.h"
#include "evidence/scan.h"

enum {
    HEADER_SIZE = 32,            /* bytes */
    HARDWARE_REPORT_SIZE = 1184, /* bytes */
    REPORT_TYPE_TDX = 4,
    RUNTIME_SIZE_MAX = 64 * 1024, /* bytes */
};

bool evidence_vtpm_is(struct span bytes)
{
    return bytes.len > HEADER_SIZE && span_starts_with(bytes, span_str("HCLA"));
}

void evidence_vtpm_take(struct evidence_scan *s, struct span bytes)
{
    struct reader r = reader_of(bytes);
    uint32_t type, size;
    struct span runtime;

    reader_bytes(&r, HEADER_SIZE + HARDWARE_REPORT_SIZE);
    reader_u32le(&r);
    reader_u32le(&r);
    type = reader_u32le(&r);
    reader_u32le(&r);
    size = reader_u32le(&r);
    runtime = size <= RUNTIME_SIZE_MAX ? reader_bytes(&r, size) : span_of(NULL, 0);
    if (!reader_ok(&r) || runtime.len == 0) {
        evidence_scan_problem(s, "an Azure vTPM report that ends before its runtime data");
        return;
    }
    if (type != REPORT_TYPE_TDX) {
        evidence_scan_problem(s, "an Azure vTPM report of type %u; only 4, a TD, has a quote",
                              type);
        return;
    }
    if (s->has_vtpm && !span_equal(buf_span(&s->runtime), runtime)) {
        evidence_scan_problem(s, "two different Azure vTPM reports");
        return;
    }
    if (!s->has_vtpm)
        buf_put(&s->runtime, runtime);
    s->has_vtpm = true;
    if (buf_status(&s->runtime) == -ENOMEM)
        s->status = -ENOMEM;
}
