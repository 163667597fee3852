/* SPDX-License-Identifier: Apache-2.0 */
#include "quote/open_enclave.h"

#include "base/reader.h"

enum {
    REPORT_VERSION = 1,
    REPORT_TYPE_REMOTE = 2, /* OE_REPORT_TYPE_SGX_REMOTE */
    EVIDENCE_VERSION = 3,   /* OE_ATTESTATION_HEADER_VERSION */
    UUID_SIZE = 16,         /* bytes */
};

/* a3a21e87-1b4d-4014-b70a-a125d2fbcd8c, 8ba70286-c1cf-11ed-afa1-0242ac120002 */
static const uint8_t uuid_sgx_ecdsa[UUID_SIZE] = {0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14,
                                                  0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c};
static const uint8_t uuid_tdx_quote[UUID_SIZE] = {0x8b, 0xa7, 0x02, 0x86, 0xc1, 0xcf, 0x11, 0xed,
                                                  0xaf, 0xa1, 0x02, 0x42, 0xac, 0x12, 0x00, 0x02};

/* The bytes that the header of a report covers; empty when there is no such header. */
static struct span report_content(struct span wire)
{
    struct reader r = reader_of(wire);
    uint32_t version = reader_u32le(&r), type = reader_u32le(&r);
    uint64_t size = reader_u64le(&r);

    if (!reader_ok(&r) || version != REPORT_VERSION || type != REPORT_TYPE_REMOTE ||
        size > r.rest.len)
        return span_of(NULL, 0);
    return reader_bytes(&r, (size_t)size);
}

static struct span evidence_content(struct span wire)
{
    struct reader r = reader_of(wire);
    uint32_t version = reader_u32le(&r);
    struct span uuid = reader_bytes(&r, UUID_SIZE);
    uint64_t size;

    reader_u32le(&r);
    size = reader_u64le(&r);
    if (!reader_ok(&r) || version != EVIDENCE_VERSION || size > r.rest.len ||
        (!span_equal(uuid, span_of(uuid_sgx_ecdsa, UUID_SIZE)) &&
         !span_equal(uuid, span_of(uuid_tdx_quote, UUID_SIZE))))
        return span_of(NULL, 0);
    return reader_bytes(&r, (size_t)size);
}

struct span quote_unwrap(struct span wire, enum quote_wrapping *ret)
{
    struct span report = report_content(wire), evidence = evidence_content(wire);

    *ret = report.len > 0     ? QUOTE_WRAPPING_REPORT
           : evidence.len > 0 ? QUOTE_WRAPPING_EVIDENCE
                              : QUOTE_WRAPPING_NONE;
    if (*ret == QUOTE_WRAPPING_REPORT)
        return report;
    return *ret == QUOTE_WRAPPING_EVIDENCE ? evidence : wire;
}

const char *quote_wrapping_name(enum quote_wrapping wrapping)
{
    static const char *const names[] = {"none", "open-enclave-report", "open-enclave-evidence"};

    return (unsigned)wrapping < ARRAY_COUNT(names) ? names[wrapping] : "none";
}
