/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "crypto_bare/bytes.h"
#include "crypto_bare/mem.h"

static void equality_sees_every_byte(void **state)
{
    uint8_t a[40] = {0}, b[40] = {0};

    (void)state;
    assert_true(mem_equal_ct(a, b, sizeof(a)));
    for (size_t i = 0; i < sizeof(a); i++) {
        b[i] = 0x80;
        assert_false(mem_equal_ct(a, b, sizeof(a)));
        assert_false(mem_is_zero(b, sizeof(b)));
        assert_true(mem_equal_ct(a, b, i));
        b[i] = 0;
    }
    assert_true(mem_is_zero(b, sizeof(b)));
    assert_true(mem_is_zero(b, 0));
}

static void byte_order(void **state)
{
    uint8_t wire[8];

    (void)state;
    store_u64le(wire, UINT64_C(0x1122334455667788));
    assert_int_equal(wire[0], 0x88);
    assert_int_equal(load_u16le(wire), 0x7788);
    assert_int_equal(load_u32le(wire), 0x55667788);
    assert_true(load_u64le(wire) == UINT64_C(0x1122334455667788));
    assert_int_equal(load_u32be(wire), 0x88776655);
    store_u64be(wire, UINT64_C(0x1122334455667788));
    assert_int_equal(wire[0], 0x11);
    assert_true(load_u64be(wire) == UINT64_C(0x1122334455667788));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_sees_every_byte),
        cmocka_unit_test(byte_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
