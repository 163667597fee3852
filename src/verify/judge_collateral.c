/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/judge.h"
#include "verify/tcb_match.h"

static void tee_check(struct judging *j, const struct tcb_info *info)
{
    bool is_td = quote_is_td(&j->verdict->quote);

    if (is_td == (info->id == TCB_INFO_TDX))
        check_pass(&j->verdict->checks, CHECK_TCB_INFO_TEE);
    else
        check_fail(&j->verdict->checks, CHECK_TCB_INFO_TEE, "%s TCB info for a quote of %s",
                   is_td ? "SGX" : "TDX", is_td ? "a TD" : "an SGX enclave");
}

static void platform_check(struct judging *j, const struct tcb_info *info)
{
    struct check_list *checks = &j->verdict->checks;
    const uint8_t *want = j->platform.pck.fmspc, *have = info->fmspc;

    if (!j->platform.has_extension) {
        check_miss(checks, CHECK_TCB_INFO_FMSPC, "no PCK certificate");
        check_miss(checks, CHECK_TCB_INFO_PCEID, "no PCK certificate");
        return;
    }
    if (memcmp(want, have, sizeof(info->fmspc)) == 0)
        check_pass(checks, CHECK_TCB_INFO_FMSPC);
    else
        check_fail(checks, CHECK_TCB_INFO_FMSPC,
                   "the platform is %02x%02x%02x%02x%02x%02x, the TCB info is for "
                   "%02x%02x%02x%02x%02x%02x",
                   want[0], want[1], want[2], want[3], want[4], want[5], have[0], have[1], have[2],
                   have[3], have[4], have[5]);
    if (memcmp(j->platform.pck.pceid, info->pceid, sizeof(info->pceid)) == 0)
        check_pass(checks, CHECK_TCB_INFO_PCEID);
    else
        check_fail(checks, CHECK_TCB_INFO_PCEID, "the TCB info is for another PCE");
}

/* 4.1.2.5.12: QVL reads attributesMask and does not use it; attributes must be equal and zero. */
static void module_check(struct judging *j, const struct tcb_info *info)
{
    const struct quote_td *td = &j->verdict->quote.td;
    struct check_list *checks = &j->verdict->checks;
    const uint8_t *mrsigner = info->module_mrsigner, *attributes = info->module_attributes;

    if (info->id != TCB_INFO_TDX)
        return;
    if (td->tee_tcb_svn[1] > 0) {
        const struct tcb_info_module *m = tcb_match_find_module(info, td->tee_tcb_svn);

        if (!m) {
            check_fail(checks, CHECK_TDX_MODULE, "%s TDX_%02X",
                       info->has_modules ? "no module identity"
                                         : "no module identities at all, so no",
                       td->tee_tcb_svn[1]);
            return;
        }
        mrsigner = m->mrsigner;
        attributes = m->attributes;
    }
    if (memcmp(mrsigner, td->mrsignerseam, sizeof(td->mrsignerseam)) != 0)
        check_fail(checks, CHECK_TDX_MODULE, "MRSIGNERSEAM is another");
    else if (memcmp(attributes, td->seamattributes, sizeof(td->seamattributes)) != 0 ||
             !span_is_zero(span_of(td->seamattributes, sizeof(td->seamattributes))))
        check_fail(checks, CHECK_TDX_MODULE, "SEAMATTRIBUTES are not zero or not as expected");
    else
        check_pass(checks, CHECK_TDX_MODULE);
}

void judge_collateral(struct judging *j)
{
    const struct tcb_info *info = j->set ? j->set->tcb_info : NULL;
    bool is_td = quote_is_td(&j->verdict->quote);

    if (!is_td)
        check_skip(&j->verdict->checks, CHECK_TDX_MODULE);
    if (!info)
        return;
    tee_check(j, info);
    platform_check(j, info);
    if (is_td)
        module_check(j, info);
}
