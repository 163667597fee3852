/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation of a verification fails in turn: no crash, no leak, and never a wrong answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "cases.h"
#include "torture.h"
#include "verify/expectation.h"

static struct real_case cases[CASES_MAX];
static size_t case_count;

static int setup(void **state)
{
    (void)state;
    case_count = real_cases_load(cases);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < case_count; i++)
        real_case_done(&cases[i]);
    return 0;
}

static void list_release(struct verify_policy **policy)
{
    expectation_list_unref((*policy)->expect);
}

/* Return: 0 after the right verdict; -ENOMEM. */
static int case_judge(void *context)
{
    CLEANUP(verifier_freep) struct verifier *v = NULL;
    CLEANUP(collateral_set_unrefp) struct collateral_set *set = NULL;
    CLEANUP(verdict_freep) struct verdict *verdict = NULL;
    CLEANUP(buf_done) struct buf report = buf_init(1 << 20);
    const struct real_case *c = context;
    struct verify_policy policy = verify_policy_default();
    CLEANUP(list_release) struct verify_policy *asked = &policy;
    struct bundle bundle = real_case_bundle(c);
    struct err err = {0};
    int r = verifier_new(NULL, &v, &err);

    if (r == 0)
        r = expectation_read(asked, span_str("tolerate-advisories = A\nrefuse-advisories = B, C\n"),
                             NULL, &err);
    if (r == 0)
        r = collateral_set_new(v, &bundle, &set, &err);
    if (r == 0)
        r = verify_quote(v, set, buf_span(&c->quote), c->verify_at, &policy, &verdict, &err);
    if (r < 0)
        return r;
    verdict_json_render(verdict, true, &report);
    if (buf_status(&report) == 0)
        assert_true(!verdict_is_accepted(verdict) || real_case_is_good(c));
    return buf_status(&report);
}

static size_t case_torture(struct real_case *c)
{
    struct torture_count count = torture_run(case_judge, c);

    assert_int_equal(count.other, 0);
    return count.runs;
}

static void every_allocation_may_fail(void **state)
{
    size_t good = 0, bad = 0;

    (void)state;
    if (case_count == 0)
        skip();
    for (size_t i = 0; i < case_count && (!good || !bad); i++) {
        size_t *done = real_case_is_good(&cases[i]) ? &good : &bad;

        if (!*done)
            *done = case_torture(&cases[i]);
    }
    assert_true(good > 20 && bad > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
