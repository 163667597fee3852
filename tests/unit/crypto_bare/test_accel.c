/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto_bare/accel.h"

/* An enclave whose XFRM has no AVX must not meet a VEX instruction, whatever the processor has. */
static void state_decides(void **state)
{
    (void)state;
    assert_int_equal(accel_within(ACCEL_ALL, 0x3), ACCEL_ALL & ~ACCEL_VAES);
    assert_int_equal(accel_within(ACCEL_ALL, 0x0), ACCEL_ALL & ~ACCEL_VAES);
    assert_int_equal(accel_within(ACCEL_ALL, 0x7), ACCEL_ALL);
    assert_int_equal(accel_within(ACCEL_ALL, 0xe7), ACCEL_ALL);
    assert_int_equal(accel_within(0, 0xe7), 0);
}

static void what_is_set_holds(void **state)
{
    (void)state;
    for (unsigned set = 0; set <= ACCEL_ALL; set++) {
        accel_set(set);
        for (unsigned bit = 1; bit <= ACCEL_ALL; bit <<= 1)
            assert_int_equal(accel_has((enum accel)bit), (set & bit) != 0);
    }
    accel_set(accel_detect());
    assert_int_equal(accel_detect() & ~(unsigned)ACCEL_ALL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_decides),
        cmocka_unit_test(what_is_set_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
