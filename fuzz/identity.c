/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: PCS bodies with an enclave identity, or with evaluation data numbers. */
#include "collateral/evaluation.h"
#include "collateral/enclave_identity.h"
#include "collateral/signed_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(enclave_identity_freep) struct enclave_identity *identity = NULL;
    struct evaluation evaluation;
    struct signed_json body;

    if (signed_json_parse(span_of(data, size), "enclaveIdentity", &body, NULL) == 0)
        (void)!enclave_identity_new(body.inner, &identity, NULL);
    if (signed_json_parse(span_of(data, size), "tcbEvaluationDataNumbers", &body, NULL) == 0)
        (void)!evaluation_parse(body.inner, &evaluation, NULL);
    return 0;
}
