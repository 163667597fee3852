/* SPDX-License-Identifier: Apache-2.0 */
/* Every real case, and every flipped bit of two real quotes and their collateral. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cases.h"
#include "mutate.h"
#include "quote/quote.h"

static struct real_case cases[CASES_MAX];
static size_t case_count;

static int cases_setup(void **state)
{
    (void)state;
    case_count = real_cases_load(cases);
    return 0;
}

static int cases_teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < case_count; i++)
        real_case_done(&cases[i]);
    return 0;
}

static struct verdict *case_verify(struct verifier *v, const struct real_case *c, struct span quote,
                                   const struct bundle *bundle)
{
    struct verify_policy policy = verify_policy_default();
    struct collateral_set *set = NULL;
    struct verdict *verdict = NULL;

    assert_int_equal(collateral_set_new(v, bundle, &set, NULL), 0);
    assert_int_equal(verify_quote(v, set, quote, c->verify_at, &policy, &verdict, NULL), 0);
    collateral_set_unref(set);
    return verdict;
}

static void status_assert(enum tcb_status status, const char *expected)
{
    if (expected[0])
        assert_string_equal(tcb_status_name(status), expected);
}

static void advisories_assert(const struct verdict *v, const char *expected)
{
    char text[512] = "";
    size_t len = 0;

    for (size_t i = 0; i < v->advisory_count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", i ? "," : "",
                                (int)v->advisories[i].len, (const char *)v->advisories[i].data);
    assert_string_equal(text, expected);
}

static void case_assert(const struct real_case *c, const struct verdict *v)
{
    char date[CLOCK_RFC3339_SIZE];
    bool is_level_missing = v->status == TCB_NOT_SUPPORTED;

    status_assert(v->status, c->status);
    status_assert(v->launch_status, c->launch_status);
    status_assert(v->current_status, c->current_status);
    advisories_assert(v, c->advisories);
    if (c->tcb_date[0])
        assert_string_equal(clock_render(v->tcb_date, date), c->tcb_date);
    assert_int_equal(v->evaluation_number, c->evaluation_number);
    assert_int_equal(verdict_is_accepted(v), real_case_is_good(c));
    for (int i = 0; i < CHECK_COUNT; i++) {
        enum check_outcome o = v->checks.check[i].outcome;
        bool is_bad = (i == CHECK_PCK_CHAIN_BEGUN && c->is_leaf_young) ||
                      (i == CHECK_DEBUG && c->is_debug) ||
                      (i == CHECK_TCB_LEVEL && is_level_missing) ||
                      (i == CHECK_TCB_STATUS && !(v->policy.accept & TCB_BIT(v->status)));

        assert_int_equal(o == CHECK_PASSED || o == CHECK_NOT_APPLICABLE, !is_bad);
    }
}

static void every_case_is_judged_as_known(void **state)
{
    struct verifier *v;

    (void)state;
    if (case_count == 0)
        skip();
    assert_int_equal(verifier_new(NULL, &v, NULL), 0);
    for (int again = 0; again < 2; again++)
        for (size_t i = 0; i < case_count; i++) {
            struct bundle bundle = real_case_bundle(&cases[i]);
            struct verdict *verdict = case_verify(v, &cases[i], buf_span(&cases[i].quote), &bundle);

            case_assert(&cases[i], verdict);
            verdict_free(verdict);
        }
    verifier_free(v);
}

static const struct real_case *good_case(const char *version)
{
    for (size_t i = 0; i < case_count; i++)
        if (strcmp(cases[i].version, version) == 0 && real_case_is_good(&cases[i]))
            return &cases[i];
    fprintf(stderr, "no good case of %s\n", version);
    abort();
}

/* A case with its verifier and the piece that is replaced; piece -1 is the quote. */
struct trial {
    const struct real_case *c;
    struct verifier *v;
    struct collateral_set *set;
    int piece;
};

static int trial_run(struct span mutant, void *context)
{
    struct trial *t = context;
    struct verify_policy policy = verify_policy_default();
    struct bundle bundle = real_case_bundle(t->c);
    struct verdict *verdict = NULL;
    bool is_accepted;

    if (t->piece >= 0) {
        bundle.piece[t->piece] = mutant;
        verdict = case_verify(t->v, t->c, buf_span(&t->c->quote), &bundle);
    } else {
        assert_int_equal(
            verify_quote(t->v, t->set, mutant, t->c->verify_at, &policy, &verdict, NULL), 0);
    }
    is_accepted = verdict_is_accepted(verdict);
    verdict_free(verdict);
    return is_accepted ? 0 : -1;
}

static struct trial trial_begin(const char *version)
{
    struct trial t = {.c = good_case(version), .piece = -1};
    struct bundle bundle = real_case_bundle(t.c);

    assert_int_equal(verifier_new(NULL, &t.v, NULL), 0);
    assert_int_equal(collateral_set_new(t.v, &bundle, &t.set, NULL), 0);
    assert_int_equal(trial_run(buf_span(&t.c->quote), &t), 0);
    return t;
}

static void trial_end(struct trial *t)
{
    collateral_set_unref(t->set);
    verifier_free(t->v);
}

/* All that is signed, and the signatures: from the header to the end of the QE's authentication
 * data. The lengths between are not signed, but a changed one must not go unnoticed either. */
static void every_bit_of_a_quote(const char *version)
{
    struct trial t = trial_begin(version);
    struct span wire = buf_span(&t.c->quote);
    struct quote q;
    size_t end;

    assert_int_equal(quote_parse(wire, &q, NULL), 0);
    end = (size_t)(q.auth.qe_auth_data.data + q.auth.qe_auth_data.len - wire.data);
    assert_int_equal(mutate_bits(wire, 0, end, trial_run, &t), 0);
    assert_int_equal(mutate_prefixes(span_sub(wire, 0, wire.len - q.trailing.len), trial_run, &t),
                     0);
    trial_end(&t);
}

static void every_bit_of_a_v3_quote_counts(void **state)
{
    (void)state;
    if (case_count == 0)
        skip();
    every_bit_of_a_quote("v3");
}

static void every_bit_of_a_v4_quote_counts(void **state)
{
    (void)state;
    if (case_count == 0)
        skip();
    every_bit_of_a_quote("v4");
}

/* The leaf certificate inside the quote: every bit of its base64 digits. */
static void every_bit_of_the_leaf_counts(void **state)
{
    struct trial t;
    struct quote q;
    struct span wire;
    const uint8_t *begin, *end;

    (void)state;
    if (case_count == 0)
        skip();
    t = trial_begin("v4");
    wire = buf_span(&t.c->quote);
    assert_int_equal(quote_parse(wire, &q, NULL), 0);
    begin = memmem(q.auth.cert_data.data, q.auth.cert_data.len, "-----\n", 6);
    end = memmem(begin, 4096, "\n-----END", 9);
    assert_int_equal(mutate_bits(wire, (size_t)(begin + 6 - wire.data), (size_t)(end - wire.data),
                                 trial_run, &t),
                     0);
    trial_end(&t);
}

static void piece_bits_count(const char *version, enum bundle_piece piece, size_t from, size_t to)
{
    struct trial t = trial_begin(version);

    t.piece = (int)piece;
    assert_int_equal(mutate_bits(buf_span(&t.c->piece[piece]), from, to, trial_run, &t), 0);
    trial_end(&t);
}

/* The inner object of {"tcbInfo":{...},"signature":"..."}: first and last bytes, and between. */
static void bits_of_tcb_info_count(void **state)
{
    size_t len;

    (void)state;
    if (case_count == 0)
        skip();
    len = good_case("v3")->piece[BUNDLE_TCB_INFO].len;
    piece_bits_count("v3", BUNDLE_TCB_INFO, 11, 311);
    piece_bits_count("v3", BUNDLE_TCB_INFO, len - 150, len - 144);
    for (size_t at = 311; at < len - 150; at += 97)
        piece_bits_count("v3", BUNDLE_TCB_INFO, at, at + 1);
}

static void every_bit_of_the_identity_counts(void **state)
{
    (void)state;
    if (case_count == 0)
        skip();
    piece_bits_count("v3", BUNDLE_QE_IDENTITY, 19,
                     good_case("v3")->piece[BUNDLE_QE_IDENTITY].len - 144);
}

static void every_bit_of_the_root_crl_counts(void **state)
{
    (void)state;
    if (case_count == 0)
        skip();
    piece_bits_count("v3", BUNDLE_ROOT_CA_CRL, 0, good_case("v3")->piece[BUNDLE_ROOT_CA_CRL].len);
}

static void missing_pieces_are_named(void **state)
{
    static const enum check_id expected[BUNDLE_PIECE_COUNT] = {
        [BUNDLE_TCB_INFO] = CHECK_TCB_INFO_FORMAT,
        [BUNDLE_QE_IDENTITY] = CHECK_IDENTITY_FORMAT,
        [BUNDLE_PCK_CRL] = CHECK_PCK_CRL,
        [BUNDLE_ROOT_CA_CRL] = CHECK_ROOT_CRL,
        [BUNDLE_TCB_INFO_CHAIN] = CHECK_TCB_INFO_CHAIN,
        [BUNDLE_QE_IDENTITY_CHAIN] = CHECK_IDENTITY_CHAIN,
    };
    struct trial t;

    (void)state;
    if (case_count == 0)
        skip();
    t = trial_begin("v5");
    for (int i = 0; i < BUNDLE_PIECE_COUNT; i++) {
        struct bundle bundle = real_case_bundle(t.c);
        struct verdict *v;

        if (bundle.piece[i].len == 0 || i == BUNDLE_PCK_CRL_CHAIN)
            continue;
        bundle.piece[i] = span_of(NULL, 0);
        v = case_verify(t.v, t.c, buf_span(&t.c->quote), &bundle);
        assert_false(verdict_is_accepted(v));
        assert_int_equal(v->checks.check[expected[i]].outcome, CHECK_FAILED);
        verdict_free(v);
    }
    trial_end(&t);
}

/* Without its issuer chain the PCK CRL is checked with the quote's own intermediate. */
static void the_crl_chain_can_be_left_out(void **state)
{
    struct trial t;
    struct bundle bundle;
    struct verdict *v;

    (void)state;
    if (case_count == 0)
        skip();
    t = trial_begin("v4");
    bundle = real_case_bundle(t.c);
    bundle.piece[BUNDLE_PCK_CRL_CHAIN] = span_of(NULL, 0);
    v = case_verify(t.v, t.c, buf_span(&t.c->quote), &bundle);
    assert_true(verdict_is_accepted(v));
    verdict_free(v);
    trial_end(&t);
}

static void another_root_is_never_trusted(void **state)
{
    uint8_t key[VERIFIER_ROOT_KEY_SIZE];
    struct verifier_options options = {.root_key = key};
    struct verifier *v;

    (void)state;
    if (case_count == 0)
        skip();
    memcpy(key, VERIFIER_INTEL_ROOT_KEY, sizeof(key));
    key[63] ^= 1;
    assert_int_equal(verifier_new(&options, &v, NULL), 0);
    for (size_t i = 0; i < case_count; i += 10) {
        struct bundle bundle = real_case_bundle(&cases[i]);
        struct verdict *verdict = case_verify(v, &cases[i], buf_span(&cases[i].quote), &bundle);

        assert_false(verdict_is_accepted(verdict));
        assert_int_equal(verdict->checks.check[CHECK_ROOT_KEY].outcome, CHECK_FAILED);
        status_assert(verdict->status, cases[i].status);
        verdict_free(verdict);
    }
    verifier_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_judged_as_known),
        cmocka_unit_test(every_bit_of_a_v3_quote_counts),
        cmocka_unit_test(every_bit_of_a_v4_quote_counts),
        cmocka_unit_test(every_bit_of_the_leaf_counts),
        cmocka_unit_test(bits_of_tcb_info_count),
        cmocka_unit_test(every_bit_of_the_identity_counts),
        cmocka_unit_test(every_bit_of_the_root_crl_counts),
        cmocka_unit_test(missing_pieces_are_named),
        cmocka_unit_test(the_crl_chain_can_be_left_out),
        cmocka_unit_test(another_root_is_never_trusted),
    };

    return cmocka_run_group_tests(tests, cases_setup, cases_teardown);
}
