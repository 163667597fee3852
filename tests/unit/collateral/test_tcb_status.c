/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "collateral/tcb_status.h"

static void names_and_statuses_are_one_to_one(void **state)
{
    (void)state;
    for (unsigned i = 1; i < TCB_STATUS_COUNT; i++) {
        const char *name = tcb_status_name((enum tcb_status)i);

        assert_non_null(name);
        assert_int_equal(tcb_status_parse(span_str(name)), i);
    }
}

static void other_words_are_unknown(void **state)
{
    (void)state;
    assert_null(tcb_status_name(TCB_UNKNOWN));
    assert_null(tcb_status_name(TCB_STATUS_COUNT));
    assert_int_equal(tcb_status_parse(span_str("uptodate")), TCB_UNKNOWN);
    assert_int_equal(tcb_status_parse(span_of(NULL, 0)), TCB_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_statuses_are_one_to_one),
        cmocka_unit_test(other_words_are_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
