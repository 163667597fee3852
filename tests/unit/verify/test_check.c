/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "verify/check.h"

static void a_failure_stays(void **state)
{
    struct check_list list = {0};

    (void)state;
    check_fail(&list, CHECK_DEBUG, "first");
    check_pass(&list, CHECK_DEBUG);
    check_skip(&list, CHECK_DEBUG);
    check_miss(&list, CHECK_DEBUG, "missing");
    check_fail(&list, CHECK_DEBUG, "second");
    assert_int_equal(list.check[CHECK_DEBUG].outcome, CHECK_FAILED);
    assert_string_equal(list.check[CHECK_DEBUG].detail, "first");
}

static void a_pass_can_still_fail(void **state)
{
    struct check_list list = {0};

    (void)state;
    check_pass(&list, CHECK_DEBUG);
    assert_true(check_passed(&list, CHECK_DEBUG));
    check_fail(&list, CHECK_DEBUG, "after all");
    assert_false(check_passed(&list, CHECK_DEBUG));
}

static void zero_is_not_passed(void **state)
{
    struct check_list list = {0};

    (void)state;
    assert_false(check_all_passed(&list));
    for (int i = 0; i < CHECK_COUNT; i++)
        check_pass(&list, (enum check_id)i);
    check_skip(&list, CHECK_TDX_MODULE);
    assert_true(check_all_passed(&list));
    list.check[CHECK_QUOTE_FORMAT].outcome = CHECK_NOT_EVALUATED;
    assert_false(check_all_passed(&list));
}

static void a_mismatch_shows_both_values(void **state)
{
    static const uint8_t expected[] = {0x01, 0xab}, found[] = {0x02, 0xcd};
    static const uint8_t large[CHECK_MISMATCH_SIZE_MAX + 1] = {0xff};
    struct check_list list = {0};

    (void)state;
    check_equal(&list, CHECK_PCK_MATCH, "PCEID", span_of(expected, 2), span_of(expected, 2));
    assert_true(check_passed(&list, CHECK_PCK_MATCH));
    check_equal(&list, CHECK_PCK_MATCH, "PCEID", span_of(expected, 2), span_of(found, 2));
    assert_string_equal(list.check[CHECK_PCK_MATCH].detail,
                        "PCEID does not match: expected 01ab, found 02cd");
    check_mismatch(&list, CHECK_TDX_MODULE, "MRSIGNERSEAM", span_of(large, sizeof(large)),
                   span_of(large, sizeof(large)));
    assert_non_null(strstr(list.check[CHECK_TDX_MODULE].detail, "00, found ff00"));
}

/* Details quote names out of certificates and end on terminals. */
static void details_are_printable(void **state)
{
    struct check_list list = {0};

    (void)state;
    check_fail(&list, CHECK_DEBUG, "a%cb%cc", 0x1b, 0xff);
    assert_string_equal(list.check[CHECK_DEBUG].detail, "a?b?c");
}

static void every_check_has_a_name_and_a_rule(void **state)
{
    (void)state;
    for (int i = 0; i < CHECK_COUNT; i++) {
        assert_non_null(check_name((enum check_id)i));
        assert_non_null(check_rule((enum check_id)i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_stays),
        cmocka_unit_test(a_pass_can_still_fail),
        cmocka_unit_test(zero_is_not_passed),
        cmocka_unit_test(a_mismatch_shows_both_values),
        cmocka_unit_test(details_are_printable),
        cmocka_unit_test(every_check_has_a_name_and_a_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
