/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: a CRL as DER, PEM or hex; what it lists can be found. */
#include <assert.h>

#include "crypto/crl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct crl crl;

    if (crl_parse(span_of(data, size), &crl, NULL) < 0)
        return 0;
    for (size_t i = 0; i < crl.count && i < 64; i++)
        assert(crl_lists(&crl, crl.serials[i]));
    crl_done(&crl);
    return 0;
}
