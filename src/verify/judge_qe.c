/* SPDX-License-Identifier: Apache-2.0 */
#include "sgx/attributes.h"
#include "verify/judge.h"
#include "verify/verifier_internal.h"

static void report_signature_check(struct judging *j)
{
    const struct quote_auth *auth = &j->verdict->quote.auth;
    struct check_list *checks = &j->verdict->checks;
    uint8_t hash[SHA256_SIZE];

    if (!j->platform.has_leaf) {
        check_miss(checks, CHECK_QE_REPORT_SIGNATURE, "no PCK certificate");
        return;
    }
    hash_sha256_two(auth->qe_report, auth->qe_report_signature, hash);
    j->is_known_again = pck_cache_knows_qe(&j->platform, hash);
    if (!j->is_known_again) {
        if (p256_verify(j->p256, j->platform.pck_key, auth->qe_report,
                        auth->qe_report_signature.data) != P256_VALID) {
            check_fail(checks, CHECK_QE_REPORT_SIGNATURE,
                       "the PCK certificate's key did not sign the QE report");
            return;
        }
        if (j->is_cacheable)
            pck_cache_store_qe(j->verifier->platforms, j->platform_key, hash);
    }
    check_pass(checks, CHECK_QE_REPORT_SIGNATURE);
}

/* QVL compares the first 32 bytes only; the others are zero in practice. */
static void binding_check(struct judging *j)
{
    const struct quote_auth *auth = &j->verdict->quote.auth;
    uint8_t hash[SHA256_SIZE];

    hash_sha256_two(auth->key, auth->qe_auth_data, hash);
    if (memcmp(hash, auth->qe.report_data, sizeof(hash)) == 0)
        check_pass(&j->verdict->checks, CHECK_QE_REPORT_DATA);
    else
        check_fail(&j->verdict->checks, CHECK_QE_REPORT_DATA,
                   "report data is not the SHA-256 of attestation key and authentication data");
}

static bool masked_equal(const uint8_t *have, const uint8_t *want, const uint8_t *mask, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((have[i] & mask[i]) != (want[i] & mask[i]))
            return false;
    return true;
}

static void identity_check(struct judging *j, const struct enclave_identity *x)
{
    const struct sgx_report_body *qe = &j->verdict->quote.auth.qe;
    struct check_list *checks = &j->verdict->checks;
    enum enclave_identity_id want =
        quote_is_td(&j->verdict->quote) ? ENCLAVE_IDENTITY_TD_QE : ENCLAVE_IDENTITY_QE;
    uint8_t attributes[SGX_ATTRIBUTES_SIZE];

    sgx_attributes_render(qe->attributes, attributes);

    if (x->id == want)
        check_pass(checks, CHECK_IDENTITY_KIND);
    else
        check_fail(checks, CHECK_IDENTITY_KIND, "id does not match: expected %s, found %s",
                   enclave_identity_id_name(want), enclave_identity_id_name(x->id));
    if ((qe->miscselect & x->miscselect_mask) == (x->miscselect & x->miscselect_mask))
        check_pass(checks, CHECK_QE_MISCSELECT);
    else
        check_fail(checks, CHECK_QE_MISCSELECT,
                   "MISCSELECT does not match: expected %08x under mask %08x, found %08x",
                   x->miscselect, x->miscselect_mask, qe->miscselect);
    if (masked_equal(attributes, x->attributes, x->attributes_mask, sizeof(x->attributes)))
        check_pass(checks, CHECK_QE_ATTRIBUTES);
    else
        check_mismatch(checks, CHECK_QE_ATTRIBUTES, "ATTRIBUTES under the identity's mask",
                       span_of(x->attributes, sizeof(x->attributes)),
                       span_of(attributes, sizeof(attributes)));
    check_equal(checks, CHECK_QE_MRSIGNER, "MRSIGNER", span_of(x->mrsigner, sizeof(x->mrsigner)),
                span_of(qe->mrsigner, sizeof(qe->mrsigner)));
    if (qe->isv_prod_id == x->isvprodid)
        check_pass(checks, CHECK_QE_ISVPRODID);
    else
        check_fail(checks, CHECK_QE_ISVPRODID, "ISVPRODID does not match: expected %u, found %u",
                   x->isvprodid, qe->isv_prod_id);
}

void judge_qe(struct judging *j)
{
    report_signature_check(j);
    binding_check(j);
    if (j->set && j->set->identity)
        identity_check(j, j->set->identity);
}
