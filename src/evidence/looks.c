/* SPDX-License-Identifier: Apache-2.0 */
/* The likely kind of a file without a quote, so that a message can name it. */
#include "base/text.h"
#include "evidence/evidence.h"

enum {
    SGX_REPORT_SIZE = 432, /* bytes: SDM, REPORT structure */
    TD_REPORT_SIZE = 1024, /* bytes: Intel TDX module ABI, TDREPORT_STRUCT */
    TD_REPORT_TYPE = 0x81,
};

static const struct {
    struct span start;
    const char *name;
} starts[] = {
    {{(const uint8_t *)"\x7f"
                       "ELF",
      4},
     "an ELF file"},
    {{(const uint8_t *)"\x1f\x8b", 2}, "a gzip file"},
    {{(const uint8_t *)"PK\x03\x04", 4}, "a ZIP file"},
    {{(const uint8_t *)"\xff"
                       "TCG",
      4},
     "a TPM quote"},
    {{(const uint8_t *)"HCLA", 4}, "an Azure vTPM report"},
    {{(const uint8_t *)"HTTP/", 5}, "an HTTP response"},
    {{(const uint8_t *)"<", 1}, "HTML or XML"},
    {{(const uint8_t *)"-----BEGIN ", 11}, "PEM"},
    {{(const uint8_t *)"{", 1}, "JSON"},
    {{(const uint8_t *)"[", 1}, "JSON"},
    {{(const uint8_t *)"\x30\x82", 2}, "a certificate or CRL in DER"},
};

static bool has_only(struct span text, const char *others, bool is_hex)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i], lower = c | 0x20;
        bool is_digit = is_hex ? text_hex_digit(c) >= 0
                               : (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');

        if (!is_digit && (c == 0 || !strchr(others, c)))
            return false;
    }
    return true;
}

/* RFC 7519: three parts of base64url with dots between them; the first begins with {" */
static bool is_jwt(struct span text)
{
    unsigned dots = 0;

    for (size_t i = 0; i < text.len; i++)
        dots += text.data[i] == '.';
    return dots == 2 && span_starts_with(text, span_str("eyJ")) && has_only(text, "-_.", false);
}

static bool is_printable(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 && !memchr("\t\n\r\f", text.data[i], 4))
            return false;
    return true;
}

const char *evidence_looks(struct span input)
{
    struct span text = text_trim(input);

    if (text.len == 0)
        return "an empty file";
    for (size_t i = 0; i < ARRAY_COUNT(starts); i++)
        if (span_starts_with(input, starts[i].start))
            return starts[i].name;
    if (input.len == SGX_REPORT_SIZE)
        return "an SGX report, of which a quoting enclave makes a quote";
    if (input.len == TD_REPORT_SIZE && input.data[0] == TD_REPORT_TYPE)
        return "a TD report, of which a quoting enclave makes a quote";
    if (is_jwt(text))
        return "a JSON Web Token, which is the answer of an attestation service";
    if (has_only(text, " \t\r\n:,;xX", true))
        return "hex";
    if (text.len >= EVIDENCE_LOOKS_CODED_MIN && has_only(text, "+/-_=\r\n", false))
        return "base64";
    return is_printable(text) ? "text" : "binary data";
}
