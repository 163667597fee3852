/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/macros.h"
#include "verify/policy.h"

enum {
    ALL = -1, /* every bit */
};

static void zero_accepts_nothing(void **state)
{
    const struct verify_policy policy = {0};

    (void)state;
    for (unsigned i = 0; i < TCB_STATUS_COUNT; i++)
        assert_false(verify_policy_accepts(policy.accept, (enum tcb_status)i));
}

static void some_statuses_are_never_accepted(void **state)
{
    static const enum tcb_status never[] = {TCB_UNKNOWN, TCB_REVOKED, TCB_NOT_SUPPORTED};
    const struct verify_policy policy = {.accept = (unsigned)ALL, .accept_current = (unsigned)ALL};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(never); i++) {
        assert_false(verify_policy_accepts(policy.accept, never[i]));
        assert_false(verify_policy_accepts_current(&policy, never[i]));
    }
    assert_true(verify_policy_accepts(policy.accept, TCB_OUT_OF_DATE));
}

static void the_current_set_is_the_launch_set_unless_given(void **state)
{
    struct verify_policy policy = {.accept = TCB_BIT(TCB_OUT_OF_DATE)};

    (void)state;
    assert_true(verify_policy_accepts_current(&policy, TCB_OUT_OF_DATE));
    assert_false(verify_policy_accepts_current(&policy, TCB_CONFIGURATION_NEEDED));
    policy.accept_current = TCB_BIT(TCB_CONFIGURATION_NEEDED);
    assert_false(verify_policy_accepts_current(&policy, TCB_OUT_OF_DATE));
    assert_true(verify_policy_accepts_current(&policy, TCB_CONFIGURATION_NEEDED));
    assert_true(verify_policy_accepts_current(&policy, TCB_UP_TO_DATE));
}

static void words_are_parsed(void **state)
{
    static const char *const wrong[] = {
        "", "Fine", "uptodate", "TCB_NOT_SUPPORTED", "UpToDate;Revoked", " UpToDate"};
    unsigned accept = 7;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
        assert_int_equal(verify_policy_parse_accept(span_str(wrong[i]), &accept, NULL), -EINVAL);
    assert_int_equal(accept, 7);
    assert_int_equal(
        verify_policy_parse_accept(span_str("UpToDate,OutOfDate,TDRelaunchAdvised"), &accept, NULL),
        0);
    assert_int_equal(accept, TCB_BIT(TCB_UP_TO_DATE) | TCB_BIT(TCB_OUT_OF_DATE) |
                                 TCB_BIT(TCB_TD_RELAUNCH_ADVISED));
}

static void the_default_is_strict(void **state)
{
    const struct verify_policy policy = verify_policy_default();

    (void)state;
    assert_int_equal(policy.accept, TCB_BIT(TCB_UP_TO_DATE) | TCB_BIT(TCB_SW_HARDENING_NEEDED));
    assert_false(policy.allow_debug);
    assert_int_equal(policy.grace_s, 0);
    assert_int_equal(policy.skew_s, VERIFY_SKEW_DEFAULT_S);
    assert_true(policy.allow_td_attributes == 0 && policy.allow_xfam == 0);
    assert_null(policy.expect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_accepts_nothing),
        cmocka_unit_test(some_statuses_are_never_accepted),
        cmocka_unit_test(the_current_set_is_the_launch_set_unless_given),
        cmocka_unit_test(words_are_parsed),
        cmocka_unit_test(the_default_is_strict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
