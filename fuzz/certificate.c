/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: a certificate in DER, a chain in PEM, and the PCK extension inside. */
#include "crypto/pck_extension.h"
#include "crypto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(x509_chain_done) struct x509_chain chain = {0};
    struct pck_extension extension;
    struct x509 certificate;

    if (x509_parse(span_of(data, size), &certificate, NULL) == 0)
        (void)!pck_extension_parse(certificate.sgx, &extension, NULL);
    (void)!x509_chain_parse(span_of(data, size), &chain, NULL);
    return 0;
}
