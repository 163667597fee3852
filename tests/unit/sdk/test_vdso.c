/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/auxv.h>
#include <time.h>

#include "sdk/host/vdso.h"

/* the real vDSO: a function that was found works */
static void finds_what_is_there(void **state)
{
    const uint8_t *base = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
    const void *symbol;
    int (*get)(clockid_t, struct timespec *);
    struct timespec now = {0};

    (void)state;
    if (!base)
        skip();
    symbol = vdso_find(base, "__vdso_clock_gettime");
    assert_non_null(symbol);
    memcpy(&get, &symbol, sizeof(get));
    assert_int_equal(get(CLOCK_REALTIME, &now), 0);
    assert_true(now.tv_sec > 1700000000);
    assert_null(vdso_find(base, "__vdso_no_such_function"));
    assert_null(vdso_find(base, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
