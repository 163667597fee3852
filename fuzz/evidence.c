/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: untrusted evidence through the whole verification, with no collateral. */
#include <assert.h>

#include "verify/verdict.h"
#include "verify/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct verifier *verifier;
    CLEANUP(verdict_freep) struct verdict *verdict = NULL;
    CLEANUP(buf_done) struct buf report = buf_init(1 << 20);
    const struct verify_policy policy = verify_policy_default();

    if (!verifier && verifier_new(NULL, &verifier, NULL) < 0)
        return 0;
    if (verify_quote(verifier, NULL, span_of(data, size), 1781524800, &policy, &verdict, NULL) < 0)
        return 0;
    assert(!verdict_is_accepted(verdict));
    verdict_json_render(verdict, false, &report);
    return 0;
}
