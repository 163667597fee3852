/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/policy.h"

#include <errno.h>

#include "base/text.h"

struct verify_policy verify_policy_default(void)
{
    return (struct verify_policy){
        .accept = TCB_BIT(TCB_UP_TO_DATE) | TCB_BIT(TCB_SW_HARDENING_NEEDED),
        .skew_s = VERIFY_SKEW_DEFAULT_S,
    };
}

bool verify_policy_accepts(unsigned accept, enum tcb_status status)
{
    if (status == TCB_UNKNOWN || status == TCB_NOT_SUPPORTED || status == TCB_REVOKED)
        return false;
    return (accept & TCB_BIT(status)) != 0;
}

bool verify_policy_accepts_current(const struct verify_policy *policy, enum tcb_status status)
{
    unsigned accept = policy->accept_current ? policy->accept_current : policy->accept;

    return verify_policy_accepts(accept | TCB_BIT(TCB_UP_TO_DATE), status);
}

int verify_policy_parse_accept(struct span words, unsigned *ret_accept, struct err *err)
{
    unsigned accept = 0;

    while (words.len > 0) {
        struct span word = text_split(&words, ',');
        enum tcb_status status = tcb_status_parse(word);

        if (status == TCB_UNKNOWN || status == TCB_NOT_SUPPORTED)
            return err_set(err, -EINVAL, "no acceptable status \"%.*s\"", (int)word.len,
                           (const char *)word.data);
        accept |= TCB_BIT(status);
    }
    if (accept == 0)
        return err_set(err, -EINVAL, "no status to accept");
    *ret_accept = accept;
    return 0;
}
