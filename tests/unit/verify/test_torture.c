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

/* The linker gives our code's allocations to these (--wrap); OpenSSL's own are not touched. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static long countdown = -1; /* allocations until the one that fails; negative: none does */
static bool has_failed;

static bool fails_now(void)
{
    if (countdown < 0 || countdown-- > 0)
        return false;
    has_failed = true;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

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

/* Return: 0 with the verdict's answer; -ENOMEM. */
static int everything_do(const struct real_case *c, bool *ret_accepted)
{
    CLEANUP(verifier_freep) struct verifier *v = NULL;
    CLEANUP(collateral_set_unrefp) struct collateral_set *set = NULL;
    CLEANUP(verdict_freep) struct verdict *verdict = NULL;
    CLEANUP(buf_done) struct buf report = buf_init(1 << 20);
    struct verify_policy policy = verify_policy_default();
    struct bundle bundle = real_case_bundle(c);
    struct err err = {0};
    int r = verifier_new(NULL, &v, &err);

    if (r == 0)
        r = collateral_set_new(v, &bundle, &set, &err);
    if (r == 0)
        r = verify_quote(v, set, buf_span(&c->quote), c->verify_at, &policy, &verdict, &err);
    if (r < 0)
        return r;
    verdict_json_render(verdict, true, &report);
    *ret_accepted = verdict_is_accepted(verdict);
    return buf_status(&report);
}

static size_t case_torture(const struct real_case *c)
{
    size_t runs = 0;

    for (has_failed = true; has_failed; runs++) {
        bool is_accepted = false;
        int r;

        has_failed = false;
        countdown = (long)runs;
        r = everything_do(c, &is_accepted);
        countdown = -1;
        assert_true(r == 0 || r == -ENOMEM);
        if (r == 0)
            assert_int_equal(is_accepted, real_case_is_good(c));
    }
    return runs;
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
