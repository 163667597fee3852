/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/attributes.h"
#include "verify/judge.h"
#include "verify/tcb.h"
#include "verify/verifier_internal.h"

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
        const struct tcb_info_module *m = tcb_module_find(info, td->tee_tcb_svn);

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

void judge_collateral_match(struct judging *j)
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

static void report_signature_check(struct judging *j)
{
    const struct quote_auth *auth = &j->verdict->quote.auth;
    struct check_list *checks = &j->verdict->checks;
    uint8_t hash[SHA256_SIZE];

    if (!j->platform.has_leaf) {
        check_miss(checks, CHECK_QE_REPORT_SIGNATURE, "no PCK certificate");
        return;
    }
    sha256_of_two(auth->qe_report, auth->qe_report_signature, hash);
    j->is_known_again = platform_knows_qe(&j->platform, hash);
    if (!j->is_known_again) {
        if (p256_verify(j->p256, j->platform.pck_key, auth->qe_report,
                        auth->qe_report_signature.data) != P256_VALID) {
            check_fail(checks, CHECK_QE_REPORT_SIGNATURE,
                       "the PCK certificate's key did not sign the QE report");
            return;
        }
        if (j->is_cacheable)
            platform_cache_store_qe(j->verifier->platforms, j->platform_key, hash);
    }
    check_pass(checks, CHECK_QE_REPORT_SIGNATURE);
}

/* QVL compares the first 32 bytes only; the others are zero in practice. */
static void binding_check(struct judging *j)
{
    const struct quote_auth *auth = &j->verdict->quote.auth;
    uint8_t hash[SHA256_SIZE];

    sha256_of_two(auth->key, auth->qe_auth_data, hash);
    if (memcmp(hash, auth->qe.report_data, sizeof(hash)) == 0)
        check_pass(&j->verdict->checks, CHECK_QE_REPORT_DATA);
    else
        check_fail(&j->verdict->checks, CHECK_QE_REPORT_DATA,
                   "it is not the hash of attestation key and authentication data");
}

static bool masked_equal(const uint8_t *have, const uint8_t *want, const uint8_t *mask, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((have[i] & mask[i]) != (want[i] & mask[i]))
            return false;
    return true;
}

static void outcome_set(struct check_list *checks, enum check_id id, bool is_good,
                        const char *problem)
{
    if (is_good)
        check_pass(checks, id);
    else
        check_fail(checks, id, "%s", problem);
}

static void identity_check(struct judging *j, const struct identity *x)
{
    const struct sgx_report_body *qe = &j->verdict->quote.auth.qe;
    struct check_list *checks = &j->verdict->checks;
    enum identity_id want = quote_is_td(&j->verdict->quote) ? IDENTITY_TD_QE : IDENTITY_QE;
    uint8_t attributes[SGX_ATTRIBUTES_SIZE];

    sgx_attributes_render(qe->attributes, attributes);

    if (x->id == want)
        check_pass(checks, CHECK_IDENTITY_KIND);
    else
        check_fail(checks, CHECK_IDENTITY_KIND, "identity of %s, this quote needs %s",
                   identity_id_name(x->id), identity_id_name(want));
    outcome_set(checks, CHECK_QE_MISCSELECT,
                (qe->miscselect & x->miscselect_mask) == (x->miscselect & x->miscselect_mask),
                "MISCSELECT is not the identity's");
    outcome_set(checks, CHECK_QE_ATTRIBUTES,
                masked_equal(attributes, x->attributes, x->attributes_mask, sizeof(x->attributes)),
                "ATTRIBUTES are not the identity's");
    outcome_set(checks, CHECK_QE_MRSIGNER,
                memcmp(qe->mrsigner, x->mrsigner, sizeof(x->mrsigner)) == 0,
                "MRSIGNER is not the identity's");
    outcome_set(checks, CHECK_QE_ISVPRODID, qe->isv_prod_id == x->isvprodid,
                "ISVPRODID is not the identity's");
}

void judge_qe(struct judging *j)
{
    report_signature_check(j);
    binding_check(j);
    if (j->set && j->set->identity)
        identity_check(j, j->set->identity);
}
