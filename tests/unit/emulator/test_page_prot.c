/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "emulator/enclave/page_prot.h"

enum {
    GROUP = 1024, /* pages that share a byte while they are equal */
    COUNT = 5 * GROUP + 100,
    ROUNDS = 3000,
    M = PAGE_PROT_MAPPED,
};

static struct page_prot p;
static uint8_t model[COUNT];

static int make(void **state)
{
    (void)state;
    memset(model, 0, sizeof(model));
    return page_prot_init(&p, COUNT);
}

static int end(void **state)
{
    (void)state;
    page_prot_done(&p);
    assert_null(p.groups);
    page_prot_done(&p);
    return 0;
}

static void set(uint64_t first, uint64_t last, uint8_t value)
{
    page_prot_set(&p, first, last, value);
    memset(model + first, value, last - first);
}

static void expect_model(void)
{
    uint64_t mapped = 0;

    for (uint64_t i = 0; i < COUNT; i++) {
        assert_int_equal(page_prot_get(&p, i), model[i]);
        mapped += (model[i] & M) != 0;
    }
    assert_int_equal(p.mapped_count, mapped);
}

/* a run contains no page that differs, and is not empty */
static void expect_runs(uint64_t last)
{
    for (uint64_t i = 0; i < last;) {
        uint64_t next = page_prot_run(&p, i, last);

        assert_true(next > i && next <= last);
        for (uint64_t k = i; k < next; k++)
            assert_int_equal(model[k], model[i]);
        i = next;
    }
}

static void nothing_at_first(void **state)
{
    (void)state;
    expect_model();
    assert_int_equal(page_prot_run(&p, 0, COUNT), COUNT);
    assert_false(page_prot_is_mapped(&p, COUNT - 1));
}

static void groups_split_and_join(void **state)
{
    (void)state;
    set(0, COUNT, M | 3);
    assert_int_equal(page_prot_run(&p, 5, COUNT), COUNT);
    set(GROUP + 1, GROUP + 2, M | 1);
    expect_model();
    assert_int_equal(page_prot_run(&p, 0, COUNT), GROUP);
    assert_int_equal(page_prot_run(&p, GROUP, COUNT), GROUP + 1);
    assert_int_equal(page_prot_run(&p, 2 * GROUP, COUNT), COUNT);
    set(GROUP, 2 * GROUP, M | 3);
    expect_model();
    assert_int_equal(page_prot_run(&p, 0, COUNT), COUNT);
    set(5 * GROUP, COUNT, 0); /* the last group is short, and covered completely */
    expect_model();
    assert_int_equal(page_prot_run(&p, 0, COUNT), 5 * GROUP);
}

static void random_changes(void **state)
{
    static const uint8_t values[] = {0, M, M | 1, M | 3, M | 5, M | 7};

    (void)state;
    srand(7); /* NOLINT(cert-msc32-c,cert-msc51-cpp): the same sequence every time */
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t first = (uint64_t)rand() % COUNT, last = first + (uint64_t)rand() % (2 * GROUP);

        if (i % 3 == 0)
            first -= first % GROUP;
        set(first, last < COUNT ? last : COUNT, values[(unsigned)rand() % sizeof(values)]);
        if (i % 50 == 0) {
            expect_model();
            expect_runs(COUNT - (uint64_t)i % GROUP);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_at_first, make, end),
        cmocka_unit_test_setup_teardown(groups_split_and_join, make, end),
        cmocka_unit_test_setup_teardown(random_changes, make, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
