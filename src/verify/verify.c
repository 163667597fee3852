/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One quote is judged in the order of QVL's procedure: format, certificate chain, revocation,
 * collateral, QE report, signature, dates, TCB level, policy. No step stops the next one. Each step
 * looks for its inputs and leaves its checks "not evaluated" when one is missing, so that the
 * verdict names every failure. QVL stops at the first, which hides the second problem behind the
 * first.
 *
 * A verdict starts with the outcomes of its collateral (collateral_set.c), which are the same for
 * every quote. Nothing but verdict_conclude() grants trust: it asks for every check to have passed,
 * and asks again for the conditions that would be worst to get wrong.
 */
#include <errno.h>
#include <stdio.h>

#include "verify/collateral_set_internal.h"
#include "verify/expectation.h"
#include "verify/judge.h"
#include "verify/verifier_internal.h"

static const int64_t VERIFY_TIME_MAX_S = (int64_t)1 << 40;

/* Without a quote there is nothing else to check. */
static void quote_step(struct judging *j)
{
    struct verdict *v = j->verdict;
    struct err err = {0};

    if (j->wire.len > QUOTE_SIZE_MAX) {
        check_fail(&v->checks, CHECK_QUOTE_FORMAT, "%zu bytes, limit %d", j->wire.len,
                   QUOTE_SIZE_MAX);
        return;
    }
    if (quote_parse(quote_unwrap(span_of(v->wire, j->wire.len), &v->wrapping), &v->quote, &err) <
        0) {
        check_fail(&v->checks, CHECK_QUOTE_FORMAT, "%s", err.text);
        return;
    }
    v->has_quote = true;
    check_pass(&v->checks, CHECK_QUOTE_FORMAT);
    check_equal(&v->checks, CHECK_QUOTE_VENDOR, "vendor ID of the quoting enclave",
                span_of(QUOTE_VENDOR_INTEL, sizeof(QUOTE_VENDOR_INTEL)),
                span_of(v->quote.header.vendor_id, sizeof(v->quote.header.vendor_id)));
}

static void debug_step(struct judging *j)
{
    struct verdict *v = j->verdict;

    if (!quote_is_debug(&v->quote) || v->policy.allow_debug)
        check_pass(&v->checks, CHECK_DEBUG);
    else
        check_fail(&v->checks, CHECK_DEBUG, "the %s is in debug mode, its memory can be read",
                   quote_is_td(&v->quote) ? "TD" : "enclave");
}

/* A platform that comes again has the same attestation key: worth a table (p256_comb.h). */
static void key_learn(struct judging *j)
{
    const uint8_t *key = j->verdict->quote.auth.key.data;
    struct known_key *known = j->platform.known;

    if (!j->is_known_again || (known && memcmp(known->key, key, P256_KEY_SIZE) == 0))
        return;
    known_key_unref(known);
    j->platform.known = known_key_new(key);
    if (j->platform.known)
        pck_cache_store_known(j->verifier->platforms, j->platform_key, j->platform.known);
}

static enum p256_result quote_signature_verify(struct judging *j)
{
    const struct quote *q = &j->verdict->quote;
    const struct known_key *known;
    uint8_t digest[SHA256_SIZE];

    hash_sha256(q->signed_part, digest);
    key_learn(j);
    known = j->platform.known;
    if (known && memcmp(known->key, q->auth.key.data, P256_KEY_SIZE) == 0)
        return p256_comb_verify(&known->comb, digest, q->auth.signature.data);
    return p256_verify_digest(j->p256, q->auth.key.data, digest, q->auth.signature.data);
}

static void quote_signature_step(struct judging *j)
{
    if (quote_signature_verify(j) == P256_VALID)
        check_pass(&j->verdict->checks, CHECK_QUOTE_SIGNATURE);
    else
        check_fail(&j->verdict->checks, CHECK_QUOTE_SIGNATURE,
                   "the attestation key did not sign this quote");
}

static bool status_is_accepted(const struct verdict *v)
{
    return verify_policy_accepts(v->policy.accept, v->status) && v->launch_status != TCB_REVOKED &&
           verify_policy_accepts_current(&v->policy, v->current_status);
}

/* The launch status decides as QVL has it; a TD of report 1.5 must be good enough now as well. */
static void status_step(struct judging *j)
{
    struct verdict *v = j->verdict;
    const char *name = tcb_status_name(v->status), *current = tcb_status_name(v->current_status);

    if (!name)
        check_miss(&v->checks, CHECK_TCB_STATUS, "no status");
    else if (v->launch_status == TCB_REVOKED || v->status == TCB_REVOKED)
        check_fail(&v->checks, CHECK_TCB_STATUS, "Revoked is never accepted");
    else if (v->current_status == TCB_REVOKED)
        check_fail(&v->checks, CHECK_TCB_STATUS,
                   "the TD's level is %s at launch and Revoked now; Revoked is never accepted",
                   tcb_status_name(v->launch_status));
    else if (!verify_policy_accepts(v->policy.accept, v->status))
        check_fail(&v->checks, CHECK_TCB_STATUS, "%s is not among the accepted statuses", name);
    else if (!verify_policy_accepts_current(&v->policy, v->current_status))
        check_fail(&v->checks, CHECK_TCB_STATUS,
                   "the TD's level is %s at launch and %s now, which is not among the statuses "
                   "accepted for now",
                   tcb_status_name(v->launch_status), current);
    else if (v->evaluation_number < v->policy.min_evaluation_number)
        check_fail(&v->checks, CHECK_TCB_STATUS,
                   "evaluation data number does not suffice: expected at least %u, found %u",
                   v->policy.min_evaluation_number, v->evaluation_number);
    else
        check_pass(&v->checks, CHECK_TCB_STATUS);
}

/* The only place that accepts: every check passed, the status is wanted, nothing has expired. */
static void verdict_conclude(struct verdict *v)
{
    for (int id = 0; id < CHECK_COUNT; id++)
        check_miss(&v->checks, (enum check_id)id,
                   !v->has_quote ? "no quote was read"
                                 : (v->set ? "a check that it depends on failed"
                                           : "no collateral was given"));
    v->accepted = v->has_quote && v->set && check_all_passed(&v->checks) && status_is_accepted(v) &&
                  (v->freshness == FRESHNESS_FRESH || v->freshness == FRESHNESS_GRACE);
}

/* A certificate's dates are the TLS client's business: the verdict only remarks on them. */
static void evidence_certificate_note(struct judging *j, const struct evidence_certificate *c)
{
    struct verdict *v = j->verdict;

    v->evidence.has_certificate = true;
    v->evidence.key_name = c->key_name;
    v->evidence.not_before = c->not_before;
    v->evidence.not_after = c->not_after;
    snprintf(v->evidence.subject, sizeof(v->evidence.subject), "%.*s",
             (int)MIN(c->subject_cn.len, sizeof(v->evidence.subject) - 1),
             c->subject_cn.len > 0 ? (const char *)c->subject_cn.data : "");
    if (v->now < c->not_before)
        verdict_note_add(v, "the certificate that carries the quote is not valid yet");
    if (v->now > c->not_after)
        verdict_note_add(v, "the certificate that carries the quote has expired");
}

static void evidence_step(struct judging *j)
{
    struct verdict *v = j->verdict;

    if (!j->evidence || j->evidence->binding.state == EVIDENCE_UNBOUND)
        check_skip(&v->checks, CHECK_EVIDENCE_BINDING);
    if (!j->evidence)
        return;
    v->evidence.binding = j->evidence->binding;
    memcpy(v->evidence.form, j->evidence->form, sizeof(v->evidence.form));
    if (j->evidence->has_certificate)
        evidence_certificate_note(j, &j->evidence->certificate);
    if (v->evidence.binding.state == EVIDENCE_BOUND)
        check_pass(&v->checks, CHECK_EVIDENCE_BINDING);
    if (v->evidence.binding.state == EVIDENCE_NOT_BOUND)
        check_fail(&v->checks, CHECK_EVIDENCE_BINDING, "%s", v->evidence.binding.text);
}

static void quote_judge(struct judging *j)
{
    judge_expectation_begin(j);
    evidence_step(j);
    quote_step(j);
    if (j->verdict->has_quote) {
        judge_chain(j);
        judge_chain_revocation(j);
        judge_collateral(j);
        judge_qe(j);
        quote_signature_step(j);
        debug_step(j);
        judge_td(j);
    }
    judge_dates(j);
    if (j->verdict->has_quote) {
        judge_tcb(j);
        status_step(j);
        judge_expectation(j);
    }
    verdict_conclude(j->verdict);
}

static struct verdict *verdict_new(struct collateral_set *set, struct span wire, int64_t now,
                                   const struct verify_policy *policy)
{
    struct verdict *v = calloc(1, sizeof(*v));

    if (!v)
        return NULL;
    /* A quote above the limit is refused for its length alone and not copied. */
    v->wire = malloc(wire.len <= QUOTE_SIZE_MAX ? wire.len + 1 : 1);
    if (!v->wire) {
        free(v);
        return NULL;
    }
    if (wire.len > 0 && wire.len <= QUOTE_SIZE_MAX)
        memcpy(v->wire, wire.data, wire.len);
    if (set)
        v->checks = set->checks;
    v->set = collateral_set_ref(set);
    v->policy = *policy;
    expectation_list_ref(v->policy.expect);
    /* Clamped so that the difference to any date of collateral cannot overflow. */
    v->now = MIN(MAX(now, (int64_t)0), VERIFY_TIME_MAX_S);
    return v;
}

static int wire_verify(struct verifier *v, struct collateral_set *set, struct span wire,
                       const struct evidence *evidence, int64_t now,
                       const struct verify_policy *policy, struct verdict **ret, struct err *err)
{
    struct judging j = {.verifier = v, .set = set, .wire = wire, .evidence = evidence};

    if (set && memcmp(set->root_key, v->trust.root_key, P256_KEY_SIZE) != 0)
        return err_set(err, -EINVAL,
                       "the collateral was checked by a verifier with another trust root");
    j.verdict = verdict_new(set, wire, now, policy);
    j.p256 = trust_take(&v->trust);
    if (j.verdict && j.p256)
        quote_judge(&j);
    if (j.p256)
        trust_give(&v->trust, j.p256);
    known_key_unref(j.platform.known);
    if (!j.verdict || !j.p256 || j.no_memory) {
        verdict_free(j.verdict);
        return err_set(err, -ENOMEM, "verify quote of %zu bytes", wire.len);
    }
    *ret = j.verdict;
    return 0;
}

int verify_quote(struct verifier *v, struct collateral_set *set, struct span wire, int64_t now,
                 const struct verify_policy *policy, struct verdict **ret, struct err *err)
{
    return wire_verify(v, set, wire, NULL, now, policy, ret, err);
}

int verify_evidence(struct verifier *v, struct collateral_set *set, const struct evidence *evidence,
                    int64_t now, const struct verify_policy *policy, struct verdict **ret,
                    struct err *err)
{
    return wire_verify(v, set, evidence->wire, evidence, now, policy, ret, err);
}
