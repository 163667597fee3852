/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "node/scan.h"

static void a_scan_of_nothing_ends(void **state)
{
    struct scan *scan;
    struct loop *loop;

    (void)state;
    assert_int_equal(loop_new(&loop, NULL), 0);
    assert_int_equal(scan_new(loop, "/nowhere", &scan, NULL), 0);
    assert_int_equal(scan_result(scan)->count, 0);
    assert_int_equal(loop_run(loop, NULL), 0); /* ends when the pipe does */
    assert_int_equal(scan_result(scan)->count, 0);
    scan_free(scan);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_of_nothing_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
