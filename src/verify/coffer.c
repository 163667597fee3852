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
#include "verify/coffer_internal.h"
#include "verify/expectation.h"
#include "verify/verify.h"

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
