/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "epc/ledger.h"

static const struct epc_ledger_group alone, pod_a = {.name = "a"}, pod_b = {.name = "b"};

static void paging_never_refuses(void **state)
{
    struct epc_ledger l = {.capacity = 100};
    struct epc_holder *first = epc_ledger_join(&l, &alone, 0, 0);
    struct epc_holder *second = epc_ledger_join(&l, &alone, 0, 0);

    (void)state;
    assert_int_equal(epc_ledger_charge(&l, first, 80), 80);
    assert_int_equal(epc_ledger_charge(&l, second, 70), 70);
    assert_int_equal(l.charged, 150);
    assert_int_equal(epc_ledger_resident(&l, second), 70);
    assert_int_equal(epc_ledger_resident(&l, first), 30);
    assert_int_equal(epc_ledger_charge(&l, first, 1), 1);
    assert_int_equal(epc_ledger_resident(&l, first), 81);
    assert_int_equal(epc_ledger_resident(&l, second), 19);
    epc_ledger_leave(&l, first);
    assert_int_equal(epc_ledger_resident(&l, second), 70);
    epc_ledger_leave(&l, second);
    epc_ledger_leave(&l, NULL);
    assert_int_equal(l.charged, 0);
    assert_null(l.holders);
}

static void refusing_grants_what_is_left(void **state)
{
    struct epc_ledger l = {.capacity = 100, .overcommit = EPC_REFUSE};
    struct epc_holder *first = epc_ledger_join(&l, &alone, 0, 0);
    struct epc_holder *second = epc_ledger_join(&l, &alone, 0, 0);

    (void)state;
    assert_int_equal(epc_ledger_charge(&l, first, 80), 80);
    assert_int_equal(epc_ledger_charge(&l, second, 30), 20);
    assert_int_equal(epc_ledger_charge(&l, second, 1), 0);
    epc_ledger_return(&l, first, 1);
    assert_int_equal(epc_ledger_charge(&l, second, 5), 1);
    epc_ledger_leave(&l, first);
    assert_int_equal(epc_ledger_charge(&l, second, 500), 79);
    epc_ledger_leave(&l, second);
}

static void a_group_shares_its_limit_and_no_other(void **state)
{
    struct epc_ledger l = {.capacity = 1000};
    struct epc_holder *one = epc_ledger_join(&l, &pod_a, 10, 0);
    struct epc_holder *two = epc_ledger_join(&l, &pod_a, 10, 0);
    struct epc_holder *other = epc_ledger_join(&l, &pod_b, 10, 0);

    (void)state;
    assert_int_equal(epc_ledger_charge(&l, one, 7), 7);
    assert_int_equal(epc_ledger_charge(&l, two, 7), 3);
    assert_int_equal(epc_ledger_charge(&l, other, 10), 10);
    assert_int_equal(epc_ledger_charge(&l, other, 1), 0);
    epc_ledger_leave(&l, one);
    assert_int_equal(epc_ledger_charge(&l, two, 10), 7);
    epc_ledger_leave(&l, two);
    epc_ledger_leave(&l, other);
}

static void hostile_counts_touch_nobody_else(void **state)
{
    struct epc_ledger l = {.capacity = 100};
    struct epc_holder *victim = epc_ledger_join(&l, &alone, 0, 0);
    struct epc_holder *hostile = epc_ledger_join(&l, &alone, 0, UINT64_MAX);

    (void)state;
    assert_true(epc_ledger_charged(hostile) == EPC_HOLDER_PAGES_MAX);
    assert_int_equal(epc_ledger_charge(&l, hostile, UINT64_MAX), 0);
    assert_int_equal(epc_ledger_charge(&l, victim, 70), 70);
    assert_int_equal(epc_ledger_charged(victim), 70);
    epc_ledger_return(&l, hostile, 5);
    epc_ledger_return(&l, hostile, UINT64_MAX);
    assert_int_equal(l.charged, 70);
    assert_true(epc_ledger_charge(&l, hostile, UINT64_MAX) == EPC_HOLDER_PAGES_MAX);
    epc_ledger_leave(&l, hostile);
    assert_int_equal(l.charged, 70);
    epc_ledger_leave(&l, victim);
    assert_int_equal(l.charged, 0);
}

static void a_container_shares_with_nobody_of_its_name(void **state)
{
    const struct epc_ledger_group container = {.is_container = true, .name = "a"};
    struct epc_ledger l = {.capacity = 100};
    struct epc_holder *own = epc_ledger_join(&l, &container, 10, 0);
    struct epc_holder *liar = epc_ledger_join(&l, &pod_a, 10, 0);

    (void)state;
    assert_int_equal(epc_ledger_charge(&l, liar, 10), 10);
    assert_int_equal(epc_ledger_room(&l, &container, 10), 10);
    assert_int_equal(epc_ledger_charge(&l, own, 12), 10);
    assert_int_equal(epc_ledger_room(&l, &container, 10), 0);
    epc_ledger_leave(&l, own);
    epc_ledger_leave(&l, liar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paging_never_refuses),
        cmocka_unit_test(refusing_grants_what_is_left),
        cmocka_unit_test(a_group_shares_its_limit_and_no_other),
        cmocka_unit_test(hostile_counts_touch_nobody_else),
        cmocka_unit_test(a_container_shares_with_nobody_of_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
