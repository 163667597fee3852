/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcoffer's functions: names, versions and types that stay, over structs of verify/ that may
 * change.
 *
 * Opaque public types are the internal ones under another name, so that handing an object over
 * costs nothing; only the verifier has a struct of its own, which leaves room for options.
 * Enumerations are equal by static_assert, not by a table. A struct that a caller fills begins with
 * its size, which the caller sets to the size it was compiled with: a later library can tell which
 * members exist.
 *
 * Nothing here logs, reads a file or asks for the time. An error leaves every out-parameter as it
 * was.
 */
#include "coffer.h"

#include <assert.h>
#include <errno.h>

#include "base/macros.h"
#include "quote/quote_field.h"
#include "verify/coffer_internal.h"
#include "verify/ear.h"
#include "verify/expectation.h"
#include "verify/verify.h"

enum {
    REPORT_SIZE_MAX = 4 * 1024 * 1024, /* bytes of a JSON report */
};

/* Opaque to callers; the pointers are those of verify/. */
struct coffer_verifier {
    struct verifier *verifier;
};

static_assert((int)COFFER_UP_TO_DATE == TCB_UP_TO_DATE &&
                  (int)COFFER_SW_HARDENING_NEEDED == TCB_SW_HARDENING_NEEDED &&
                  (int)COFFER_CONFIGURATION_NEEDED == TCB_CONFIGURATION_NEEDED &&
                  (int)COFFER_CONFIGURATION_AND_SW_HARDENING_NEEDED ==
                      TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED &&
                  (int)COFFER_OUT_OF_DATE == TCB_OUT_OF_DATE &&
                  (int)COFFER_OUT_OF_DATE_CONFIGURATION_NEEDED ==
                      TCB_OUT_OF_DATE_CONFIGURATION_NEEDED &&
                  (int)COFFER_REVOKED == TCB_REVOKED &&
                  (int)COFFER_TD_RELAUNCH_ADVISED == TCB_TD_RELAUNCH_ADVISED &&
                  (int)COFFER_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED ==
                      TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED &&
                  (int)COFFER_NOT_SUPPORTED == TCB_NOT_SUPPORTED,
              "the public statuses are the internal ones");
static_assert((int)COFFER_FRESH == FRESHNESS_FRESH && (int)COFFER_IN_GRACE == FRESHNESS_GRACE &&
                  (int)COFFER_EXPIRED == FRESHNESS_EXPIRED &&
                  (int)COFFER_FROM_FUTURE == FRESHNESS_FUTURE,
              "the public freshness is the internal one");

/* NULL reads as a verdict of which nothing is established, so a caller that ignored an error is
 * refused. */
static const struct verdict *verdict_in(const struct coffer_verdict *v)
{
    static const struct verdict nothing;

    return v ? (const struct verdict *)(const void *)v : &nothing;
}

static struct collateral_set *set_in(struct coffer_collateral *c)
{
    return (struct collateral_set *)(void *)c;
}

PUBLIC const char *coffer_version(void)
{
    return COFFER_VERSION;
}

PUBLIC const char *coffer_status_name(enum coffer_tcb_status status)
{
    return tcb_status_name((enum tcb_status)status);
}

PUBLIC void coffer_policy_init(struct coffer_policy *policy)
{
    struct verify_policy p = verify_policy_default();

    *policy = (struct coffer_policy){.size = sizeof(*policy),
                                     .accept = p.accept,
                                     .allow_debug = p.allow_debug,
                                     .skew_seconds = p.skew_s,
                                     .grace_seconds = p.grace_s};
}

PUBLIC int coffer_verifier_new(struct coffer_bytes trust_root, size_t platform_max,
                               struct coffer_verifier **ret, struct coffer_error *error)
{
    struct verifier_options options = {.platform_max = platform_max};
    struct coffer_verifier *v = calloc(1, sizeof(*v));
    uint8_t key[VERIFIER_ROOT_KEY_SIZE];
    struct err err = {0};
    int r = v ? 0 : err_set(&err, -ENOMEM, "verifier");

    if (r == 0 && trust_root.size > 0) {
        r = verifier_root_key_parse(span_in(trust_root), key, &err);
        options.root_key = key;
    }
    if (r == 0)
        r = verifier_new(&options, &v->verifier, &err);
    if (r < 0) {
        free(v);
        return error_out(error, &err, r);
    }
    *ret = v;
    return 0;
}

PUBLIC void coffer_verifier_free(struct coffer_verifier *verifier)
{
    if (!verifier)
        return;
    verifier_free(verifier->verifier);
    free(verifier);
}

static int bundle_load(struct coffer_verifier *v, const struct bundle *bundle,
                       struct coffer_collateral **ret, struct coffer_error *error)
{
    struct collateral_set *set = NULL;
    struct err err = {0};
    int r = collateral_set_new(v->verifier, bundle, &set, &err);

    if (r < 0)
        return error_out(error, &err, r);
    *ret = (struct coffer_collateral *)(void *)set;
    return 0;
}

PUBLIC int coffer_collateral_new(struct coffer_verifier *verifier, const struct coffer_pieces *p,
                                 struct coffer_collateral **ret, struct coffer_error *error)
{
    struct bundle bundle;

    if (p->size < sizeof(*p))
        return error_out(error, &(struct err){.text = "struct coffer_pieces without its size"},
                         -EINVAL);
    bundle = (struct bundle){.piece = {
                                 [BUNDLE_TCB_INFO] = span_in(p->tcb_info),
                                 [BUNDLE_TCB_INFO_SIGNATURE] = span_in(p->tcb_info_signature),
                                 [BUNDLE_QE_IDENTITY] = span_in(p->qe_identity),
                                 [BUNDLE_QE_IDENTITY_SIGNATURE] = span_in(p->qe_identity_signature),
                                 [BUNDLE_PCK_CRL] = span_in(p->pck_crl),
                                 [BUNDLE_ROOT_CA_CRL] = span_in(p->root_ca_crl),
                                 [BUNDLE_TCB_INFO_CHAIN] = span_in(p->tcb_info_issuer_chain),
                                 [BUNDLE_QE_IDENTITY_CHAIN] = span_in(p->qe_identity_issuer_chain),
                                 [BUNDLE_PCK_CRL_CHAIN] = span_in(p->pck_crl_issuer_chain),
                                 [BUNDLE_PCK_CHAIN] = span_in(p->pck_certificate_chain),
                             }};
    return bundle_load(verifier, &bundle, ret, error);
}

PUBLIC int coffer_collateral_from_json(struct coffer_verifier *verifier, struct coffer_bytes json,
                                       struct coffer_collateral **ret, struct coffer_error *error)
{
    CLEANUP(buf_done) struct buf strings = buf_init(BUNDLE_SIZE_MAX);
    struct err err = {0};
    struct bundle bundle;
    int r = bundle_parse_json(span_in(json), &strings, &bundle, &err);

    return r < 0 ? error_out(error, &err, r) : bundle_load(verifier, &bundle, ret, error);
}

PUBLIC void coffer_collateral_free(struct coffer_collateral *collateral)
{
    collateral_set_unref(set_in(collateral));
}

PUBLIC int64_t coffer_collateral_expires(const struct coffer_collateral *collateral)
{
    return collateral_set_expires((const struct collateral_set *)(const void *)collateral);
}

/* Names that become members of a policy; the members that struct coffer_policy has stay zero. */
struct coffer_expectations {
    struct verify_policy policy;
};

PUBLIC int coffer_expectations_new(struct coffer_expectations **ret, struct coffer_error *error)
{
    struct coffer_expectations *e = calloc(1, sizeof(*e));

    if (!e)
        return error_out(error, &(struct err){.text = "expectations"}, -ENOMEM);
    *ret = e;
    return 0;
}

PUBLIC void coffer_expectations_free(struct coffer_expectations *expectations)
{
    if (!expectations)
        return;
    expectation_list_unref(expectations->policy.expect);
    free(expectations);
}

PUBLIC int coffer_expectations_set(struct coffer_expectations *expectations, const char *name,
                                   const char *value, struct coffer_error *error)
{
    struct err err = {0};
    int r = expectation_set(&expectations->policy, span_str(name), span_str(value), NULL, &err);

    return r < 0 ? error_out(error, &err, r) : 0;
}

PUBLIC int coffer_expectations_read(struct coffer_expectations *expectations,
                                    struct coffer_bytes text, struct coffer_error *error)
{
    struct err err = {0};
    int r = expectation_read(&expectations->policy, span_in(text), NULL, &err);

    return r < 0 ? error_out(error, &err, r) : 0;
}

static struct verify_policy policy_in(const struct coffer_policy *policy,
                                      const struct coffer_expectations *expectations)
{
    struct verify_policy p = expectations ? expectations->policy : (struct verify_policy){0};

    p.accept = policy->accept;
    p.allow_debug = policy->allow_debug;
    p.skew_s = policy->skew_seconds;
    p.grace_s = policy->grace_seconds;
    p.min_evaluation_number = policy->min_evaluation_number;
    return p;
}

static const struct err no_size = {.text = "struct coffer_policy without its size"};

/** struct subject - what is judged: evidence, or a quote when there is none */
struct subject {
    const struct coffer_evidence *evidence;
    struct coffer_bytes quote;
};

static int subject_verify(struct coffer_verifier *verifier, struct coffer_collateral *collateral,
                          const struct subject *subject, int64_t now,
                          const struct coffer_policy *policy,
                          const struct coffer_expectations *expectations,
                          struct coffer_verdict **ret, struct coffer_error *error)
{
    struct verifier *v = verifier->verifier;
    struct collateral_set *set = set_in(collateral);
    struct verdict *verdict = NULL;
    struct err err = {0};
    struct verify_policy p;
    int r;

    if (policy->size < sizeof(*policy))
        return error_out(error, &no_size, -EINVAL);
    p = policy_in(policy, expectations);
    if (subject->evidence)
        r = verify_evidence(v, set, &subject->evidence->found, now, &p, &verdict, &err);
    else
        r = verify_quote(v, set, span_in(subject->quote), now, &p, &verdict, &err);
    if (r < 0)
        return error_out(error, &err, r);
    *ret = (struct coffer_verdict *)(void *)verdict;
    return 0;
}

PUBLIC int coffer_verify_expecting(struct coffer_verifier *verifier,
                                   struct coffer_collateral *collateral, struct coffer_bytes quote,
                                   int64_t now, const struct coffer_policy *policy,
                                   const struct coffer_expectations *expectations,
                                   struct coffer_verdict **ret, struct coffer_error *error)
{
    return subject_verify(verifier, collateral, &(struct subject){.quote = quote}, now, policy,
                          expectations, ret, error);
}

PUBLIC int coffer_verify_evidence(struct coffer_verifier *verifier,
                                  struct coffer_collateral *collateral,
                                  const struct coffer_evidence *evidence, int64_t now,
                                  const struct coffer_policy *policy,
                                  const struct coffer_expectations *expectations,
                                  struct coffer_verdict **ret, struct coffer_error *error)
{
    return subject_verify(verifier, collateral, &(struct subject){.evidence = evidence}, now,
                          policy, expectations, ret, error);
}

PUBLIC int coffer_verify(struct coffer_verifier *verifier, struct coffer_collateral *collateral,
                         struct coffer_bytes quote, int64_t now, const struct coffer_policy *policy,
                         struct coffer_verdict **ret, struct coffer_error *error)
{
    return coffer_verify_expecting(verifier, collateral, quote, now, policy, NULL, ret, error);
}

PUBLIC void coffer_verdict_free(struct coffer_verdict *verdict)
{
    verdict_free((struct verdict *)(void *)verdict);
}

PUBLIC bool coffer_verdict_is_accepted(const struct coffer_verdict *verdict)
{
    return verdict_is_accepted(verdict_in(verdict));
}

PUBLIC enum coffer_tcb_status coffer_verdict_status(const struct coffer_verdict *verdict)
{
    return (enum coffer_tcb_status)verdict_in(verdict)->status;
}

PUBLIC enum coffer_tcb_status coffer_verdict_launch_status(const struct coffer_verdict *verdict)
{
    return (enum coffer_tcb_status)verdict_in(verdict)->launch_status;
}

PUBLIC enum coffer_tcb_status coffer_verdict_current_status(const struct coffer_verdict *verdict)
{
    return (enum coffer_tcb_status)verdict_in(verdict)->current_status;
}

PUBLIC enum coffer_freshness coffer_verdict_freshness(const struct coffer_verdict *verdict)
{
    return (enum coffer_freshness)verdict_in(verdict)->freshness;
}

PUBLIC bool coffer_verdict_tcb_date(const struct coffer_verdict *verdict, int64_t *ret_seconds)
{
    const struct verdict *v = verdict_in(verdict);

    if (v->has_tcb_date)
        *ret_seconds = v->tcb_date;
    return v->has_tcb_date;
}

PUBLIC bool coffer_verdict_evaluation_number(const struct coffer_verdict *verdict, uint32_t *ret)
{
    const struct verdict *v = verdict_in(verdict);

    if (v->has_evaluation_number)
        *ret = v->evaluation_number;
    return v->has_evaluation_number;
}

static struct coffer_bytes word_out(const struct span *words, size_t count, size_t index)
{
    return index < count ? bytes_out(words[index].data, words[index].len) : bytes_out(NULL, 0);
}

PUBLIC struct coffer_bytes coffer_verdict_advisory(const struct coffer_verdict *verdict,
                                                   size_t index)
{
    const struct verdict *v = verdict_in(verdict);

    return word_out(v->advisories, v->advisory_count, index);
}

PUBLIC struct coffer_bytes coffer_verdict_current_advisory(const struct coffer_verdict *verdict,
                                                           size_t index)
{
    const struct verdict *v = verdict_in(verdict);

    if (!verdict_has_two_levels(v))
        return word_out(v->advisories, v->advisory_count, index);
    return word_out(v->current_advisories, v->current_advisory_count, index);
}

PUBLIC const char *coffer_verdict_note(const struct coffer_verdict *verdict, size_t index)
{
    const struct verdict *v = verdict_in(verdict);

    return index < v->note_count ? v->notes[index] : NULL;
}

PUBLIC bool coffer_verdict_is_td(const struct coffer_verdict *verdict)
{
    const struct verdict *v = verdict_in(verdict);

    return v->has_quote && quote_is_td(&v->quote);
}

static const struct quote_field *field_find(const struct verdict *v, const char *name)
{
    return v->has_quote ? quote_field_find(&v->quote, span_str(name)) : NULL;
}

PUBLIC struct coffer_bytes coffer_verdict_field(const struct coffer_verdict *verdict,
                                                const char *name)
{
    const struct verdict *v = verdict_in(verdict);
    const struct quote_field *field = field_find(v, name);
    struct span bytes = field ? quote_field_bytes(&v->quote, field) : span_of(NULL, 0);

    return bytes_out(bytes.data, bytes.len);
}

PUBLIC bool coffer_verdict_number(const struct coffer_verdict *verdict, const char *name,
                                  uint64_t *ret)
{
    const struct verdict *v = verdict_in(verdict);
    const struct quote_field *field = field_find(v, name);

    if (!field || !field->is_number)
        return false;
    *ret = quote_field_number(&v->quote, field);
    return true;
}

PUBLIC const char *coffer_verdict_field_name(const struct coffer_verdict *verdict, size_t index)
{
    const struct verdict *v = verdict_in(verdict);
    const struct quote_field *field = v->has_quote ? quote_field_at(&v->quote, index) : NULL;

    return field ? field->name : NULL;
}

PUBLIC struct coffer_bytes coffer_verdict_report_data(const struct coffer_verdict *verdict)
{
    return coffer_verdict_field(verdict, "report_data");
}

PUBLIC struct coffer_bytes coffer_verdict_measurement(const struct coffer_verdict *verdict)
{
    return coffer_verdict_field(verdict, coffer_verdict_is_td(verdict) ? "mrtd" : "mrenclave");
}

PUBLIC struct coffer_bytes coffer_verdict_mrsigner(const struct coffer_verdict *verdict)
{
    return coffer_verdict_field(verdict, "mrsigner");
}

PUBLIC bool coffer_verdict_check(const struct coffer_verdict *verdict, size_t index,
                                 struct coffer_check *ret)
{
    const struct verdict *v = verdict_in(verdict);

    for (int i = 0; i < CHECK_COUNT; i++) {
        const struct check *c = &v->checks.check[i];

        if (c->outcome == CHECK_NOT_APPLICABLE || index-- > 0)
            continue;
        *ret = (struct coffer_check){.name = check_name((enum check_id)i),
                                     .rule = check_rule((enum check_id)i),
                                     .detail = c->detail,
                                     .is_passed = c->outcome == CHECK_PASSED,
                                     .is_evaluated = c->outcome != CHECK_NOT_EVALUATED};
        return true;
    }
    return false;
}

PUBLIC bool coffer_verdict_short_svn(const struct coffer_verdict *verdict, size_t index,
                                     struct coffer_short_svn *ret)
{
    const struct verdict *v = verdict_in(verdict);

    if (index >= v->short_count)
        return false;
    *ret = (struct coffer_short_svn){.component = v->shorts[index].component,
                                     .have = v->shorts[index].have,
                                     .need = v->shorts[index].need};
    return true;
}

/* A buffer's content as text that the caller frees; -ENOMEM and whatever else it latched. */
static int text_out(struct buf *text, char **ret, struct coffer_error *error)
{
    char *taken = (char *)buf_take(text, NULL);
    int r;

    if (taken) {
        *ret = taken;
        return 0;
    }
    r = buf_status(text) < 0 ? buf_status(text) : -ENOMEM;
    buf_done(text);
    return error_out(error, &(struct err){.text = "render the report"}, r);
}

PUBLIC int coffer_verdict_json(const struct coffer_verdict *verdict, char **ret,
                               struct coffer_error *error)
{
    struct buf out = buf_init(REPORT_SIZE_MAX);

    verdict_json_render(verdict_in(verdict), false, &out);
    return text_out(&out, ret, error);
}

PUBLIC int coffer_verdict_token(const struct coffer_verdict *verdict,
                                struct coffer_bytes private_key, char **ret,
                                struct coffer_error *error)
{
    CLEANUP(ec_key_freep) struct ec_key *key = NULL;
    struct buf out = buf_init(EAR_TOKEN_SIZE_MAX);
    struct err err = {0};
    int r = ear_key_parse(span_in(private_key), &key, &err);

    if (r == 0)
        r = ear_token_put(verdict_in(verdict), key, &out, &err);
    if (r < 0) {
        buf_done(&out);
        return error_out(error, &err, r);
    }
    return text_out(&out, ret, error);
}

PUBLIC void coffer_text_free(char *text)
{
    free(text);
}
