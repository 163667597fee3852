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
    const struct pck_extension *pck = &j->platform.pck;

    if (!j->platform.has_extension) {
        check_miss(checks, CHECK_TCB_INFO_FMSPC, "no PCK certificate");
        check_miss(checks, CHECK_TCB_INFO_PCEID, "no PCK certificate");
        return;
    }
    check_equal(checks, CHECK_TCB_INFO_FMSPC, "FMSPC of the TCB info",
                span_of(pck->fmspc, sizeof(pck->fmspc)), span_of(info->fmspc, sizeof(info->fmspc)));
    check_equal(checks, CHECK_TCB_INFO_PCEID, "PCEID of the TCB info",
                span_of(pck->pceid, sizeof(pck->pceid)), span_of(info->pceid, sizeof(info->pceid)));
}

/*
 * Step 4.1.2.5.12. QVL reads attributesMask and does not use it: SEAMATTRIBUTES must be equal to
 * the expected ones, and zero.
 */
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
                       info->has_modules ? "tdxModuleIdentities has no entry"
                                         : "the TCB info has no tdxModuleIdentities, so no entry",
                       td->tee_tcb_svn[1]);
            return;
        }
        mrsigner = m->mrsigner;
        attributes = m->attributes;
    }
    if (memcmp(mrsigner, td->mrsignerseam, sizeof(td->mrsignerseam)) != 0)
        check_mismatch(checks, CHECK_TDX_MODULE, "MRSIGNERSEAM",
                       span_of(mrsigner, sizeof(td->mrsignerseam)),
                       span_of(td->mrsignerseam, sizeof(td->mrsignerseam)));
    else if (memcmp(attributes, td->seamattributes, sizeof(td->seamattributes)) != 0 ||
             !span_is_zero(span_of(td->seamattributes, sizeof(td->seamattributes))))
        check_fail(checks, CHECK_TDX_MODULE,
                   "SEAMATTRIBUTES are not zero, or do not match the TDX module's identity");
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
