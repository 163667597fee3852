/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: a PCS body with TCB info. */
#include "collateral/signed_json.h"
#include "collateral/tcb_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(tcb_info_freep) struct tcb_info *info = NULL;
    struct signed_json body;

    if (signed_json_parse(span_of(data, size), "tcbInfo", &body, NULL) == 0)
        (void)!tcb_info_new(body.inner, &info, NULL);
    return 0;
}
