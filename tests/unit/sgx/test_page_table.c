/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/macros.h"
#include "sgx/page_table.h"

enum {
    COUNT = 4,
};
#define BASE UINT64_C(0x100000)

static struct sgx_page_table table_of(_Atomic uint32_t words[static COUNT])
{
    static _Atomic uint8_t groups[1];
    struct sgx_page_table t;

    groups[0] = 0;
    sgx_page_table_init(&t, words, groups, BASE, COUNT);
    return t;
}

static void zero_is_absent(void **state)
{
    _Atomic uint32_t words[COUNT] = {0};
    struct sgx_page_table t = table_of(words);

    (void)state;
    assert_false(sgx_page_table_load(&t, BASE).valid);
    assert_false(sgx_page_table_access(&t, BASE, 0));
    assert_int_equal(sgx_page_table_cap(&t, BASE, COUNT * SGX_PAGE_SIZE), SGX_SECINFO_RWX);
}

static void keeps_every_field(void **state)
{
    _Atomic uint32_t words[COUNT] = {0};
    struct sgx_page_table t = table_of(words);
    const struct sgx_page full = {
        .valid = true, .permissions = 7, .state = 0x38, .type = 0xff, .max = 7, .user = 0xff};

    (void)state;
    for (unsigned i = 0; i < 1U << 10; i++) {
        struct sgx_page p = {.valid = true,
                             .permissions = i & 7,
                             .state = (i & 0x38),
                             .type = (uint8_t)(i * 5),
                             .max = i >> 6 & 7,
                             .user = (uint8_t)i};
        struct sgx_page before = sgx_page_table_load(&t, BASE + 1), now;

        assert_true(sgx_page_table_swap(&t, BASE + 1, before, p));
        now = sgx_page_table_load(&t, BASE + 0xfff);
        assert_int_equal(now.permissions, p.permissions);
        assert_int_equal(now.state, p.state);
        assert_int_equal(now.type, p.type);
        assert_int_equal(now.max, p.max);
        assert_int_equal(now.user, p.user);
    }
    assert_true(sgx_page_table_swap(&t, BASE + SGX_PAGE_SIZE, (struct sgx_page){0}, full));
    assert_false(sgx_page_table_swap(&t, BASE + SGX_PAGE_SIZE, (struct sgx_page){0}, full));
    assert_false(sgx_page_table_load(&t, BASE + 2 * SGX_PAGE_SIZE).valid);
}

static void range(void **state)
{
    _Atomic uint32_t words[COUNT] = {0};
    struct sgx_page_table t = table_of(words);
    const uint64_t end = BASE + COUNT * SGX_PAGE_SIZE;

    (void)state;
    assert_true(sgx_page_table_contains(&t, BASE, COUNT * SGX_PAGE_SIZE));
    assert_false(sgx_page_table_contains(&t, BASE, COUNT * SGX_PAGE_SIZE + 1));
    assert_false(sgx_page_table_contains(&t, BASE - 1, 1));
    assert_false(sgx_page_table_contains(&t, end, 1));
    assert_false(sgx_page_table_contains(&t, end - 1, UINT64_MAX));
    assert_true(sgx_page_table_contains(&t, end - 1, 1));
    assert_false(sgx_page_table_swap(&t, end, (struct sgx_page){0}, (struct sgx_page){0}));
    assert_false(sgx_page_table_load(&t, BASE - 1).valid);
}

static void cap_is_the_intersection(void **state)
{
    _Atomic uint32_t words[COUNT] = {0};
    struct sgx_page_table t = table_of(words);
    const struct sgx_page rx = {.valid = true, .type = SGX_PT_REG, .max = 5};
    const struct sgx_page rw = {.valid = true, .type = SGX_PT_REG, .max = 3};

    (void)state;
    assert_true(sgx_page_table_swap(&t, BASE, (struct sgx_page){0}, rx));
    assert_true(sgx_page_table_swap(&t, BASE + 2 * SGX_PAGE_SIZE, (struct sgx_page){0}, rw));
    assert_int_equal(sgx_page_table_cap(&t, BASE, SGX_PAGE_SIZE), 5);
    assert_int_equal(sgx_page_table_cap(&t, BASE, 2 * SGX_PAGE_SIZE), 5);
    assert_int_equal(sgx_page_table_cap(&t, BASE, 3 * SGX_PAGE_SIZE), 1);
    assert_int_equal(sgx_page_table_cap(&t, 0, UINT64_MAX), 1);
    assert_int_equal(sgx_page_table_cap(&t, BASE + 3 * SGX_PAGE_SIZE, UINT64_MAX), 7);
}

static void access_needs_a_settled_page(void **state)
{
    _Atomic uint32_t words[COUNT] = {0};
    struct sgx_page_table t = table_of(words);
    struct sgx_page p = {.valid = true, .permissions = 3, .type = SGX_PT_REG, .max = 3};
    static const struct {
        uint8_t state, type;
        bool allowed;
    } rows[] = {
        {0, SGX_PT_REG, true},
        {SGX_SECINFO_PR, SGX_PT_REG, true},
        {SGX_SECINFO_PENDING, SGX_PT_REG, false},
        {SGX_SECINFO_MODIFIED, SGX_PT_REG, false},
        {0, SGX_PT_TCS, false},
        {0, SGX_PT_TRIM, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        p.state = rows[i].state;
        p.type = rows[i].type;
        assert_true(sgx_page_table_swap(&t, BASE, sgx_page_table_load(&t, BASE), p));
        assert_int_equal(sgx_page_table_access(&t, BASE, SGX_SECINFO_R), rows[i].allowed);
        assert_false(sgx_page_table_access(&t, BASE, SGX_SECINFO_X));
    }
}

enum {
    WIDE_GROUPS = 5,
    WIDE_COUNT = (WIDE_GROUPS - 1) * SGX_PAGE_GROUP + 7,
};

static uint64_t wide_address(uint64_t group, uint64_t page)
{
    return BASE + (group * SGX_PAGE_GROUP + page) * SGX_PAGE_SIZE;
}

/* words of a group without a page are not read: these have values that no table has */
static void groups_without_pages_are_skipped(void **state)
{
    static _Atomic uint32_t words[WIDE_COUNT];
    static _Atomic uint8_t groups[WIDE_GROUPS];
    const struct sgx_page p = {.valid = true, .type = SGX_PT_REG, .max = 1};
    const uint64_t end = wide_address(WIDE_GROUPS - 1, 7);
    struct sgx_page_table t;

    (void)state;
    assert_int_equal(sgx_page_table_group_count(WIDE_COUNT), WIDE_GROUPS);
    assert_int_equal(sgx_page_table_group_count(SGX_PAGE_GROUP), 1);
    for (size_t i = 0; i < WIDE_COUNT; i++)
        words[i] = i / SGX_PAGE_GROUP == 2 ? 0 : UINT32_MAX;
    sgx_page_table_init(&t, words, groups, BASE, WIDE_COUNT);
    assert_false(sgx_page_table_load(&t, wide_address(1, 3)).valid);
    assert_int_equal(sgx_page_table_next(&t, BASE, end), end);
    assert_false(sgx_page_table_swap(&t, wide_address(2, 9), p, p)); /* it is absent */
    assert_int_equal(sgx_page_table_next(&t, BASE, end), end);
    assert_true(sgx_page_table_swap(&t, wide_address(2, 9), (struct sgx_page){0}, p));
    assert_true(sgx_page_table_load(&t, wide_address(2, 9)).valid);
    assert_false(sgx_page_table_load(&t, wide_address(2, 8)).valid);
    assert_int_equal(sgx_page_table_cap(&t, BASE, end - BASE), 1);

    assert_int_equal(sgx_page_table_next(&t, wide_address(0, 5), end), wide_address(2, 0));
    assert_int_equal(sgx_page_table_next(&t, wide_address(2, 5), end), wide_address(2, 5));
    assert_int_equal(sgx_page_table_next(&t, wide_address(3, 0), end), end);
    assert_int_equal(sgx_page_table_next(&t, BASE, wide_address(2, 0)), wide_address(2, 0));
    assert_int_equal(sgx_page_table_next(&t, BASE, wide_address(1, 4)), wide_address(1, 4));
    assert_int_equal(sgx_page_table_next(&t, end, end), end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_is_absent),
        cmocka_unit_test(keeps_every_field),
        cmocka_unit_test(range),
        cmocka_unit_test(cap_is_the_intersection),
        cmocka_unit_test(groups_without_pages_are_skipped),
        cmocka_unit_test(access_needs_a_settled_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
