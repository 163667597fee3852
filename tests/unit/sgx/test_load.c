/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "sgx/load.h"

#define BASE UINT64_C(0x100000)

static const struct sgx_cpu cpu = SGX_CPU_SOFTWARE;

static struct sgx_secs valid_secs(void)
{
    return (struct sgx_secs){
        .size = 0x10000,
        .base = BASE,
        .ssa_frame_size = 1,
        .miscselect = SGX_MISC_EXINFO,
        .attributes = {.flags = SGX_ATTRIBUTE_MODE64BIT, .xfrm = SGX_XFRM_AVX},
    };
}

static void expect_ecreate(struct sgx_secs secs, enum sgx_status status)
{
    assert_int_equal(sgx_ecreate(&cpu, &secs), status);
}

static void ecreate_range(void **state)
{
    struct sgx_secs s = valid_secs();
    static const struct {
        uint64_t size, base;
        enum sgx_status status;
    } rows[] = {
        {0x10000, BASE, SGX_SUCCESS},
        {0x2000, BASE, SGX_SUCCESS},
        {0x1000, BASE, SGX_FAULT_GP},
        {0, BASE, SGX_FAULT_GP},
        {0x3000, 0x300000, SGX_FAULT_GP},
        {UINT64_C(1) << 36, UINT64_C(1) << 36, SGX_SUCCESS},
        {UINT64_C(1) << 37, UINT64_C(1) << 37, SGX_FAULT_GP},
        {0x10000, BASE + 0x1000, SGX_FAULT_GP},
        {0x10000, 0, SGX_SUCCESS},
        {0x10000, UINT64_C(1) << 47, SGX_FAULT_GP},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        s.size = rows[i].size;
        s.base = rows[i].base;
        expect_ecreate(s, rows[i].status);
    }
}

static void ecreate_features(void **state)
{
    static const struct {
        uint64_t flags, xfrm;
        uint32_t miscselect, frame;
        enum sgx_status status;
    } rows[] = {
        {4, 7, 0, 1, SGX_SUCCESS},          {4 | 2, 3, 0, 1, SGX_SUCCESS},
        {4 | 0x10, 3, 0, 1, SGX_SUCCESS},   {0, 7, 0, 1, SGX_FAULT_GP},
        {4 | 1, 7, 0, 1, SGX_FAULT_GP},     {4 | 8, 7, 0, 1, SGX_FAULT_GP},
        {4 | 0x40, 7, 0, 1, SGX_FAULT_GP},  {4, 1, 0, 1, SGX_FAULT_GP},
        {4, 2, 0, 1, SGX_FAULT_GP},         {4, 0xe7, 0, 1, SGX_FAULT_GP},
        {4, 7, 2, 1, SGX_FAULT_GP},         {4, 7, 0, 0, SGX_FAULT_GP},
        {4, 7, 1, UINT32_MAX, SGX_SUCCESS},
    };
    struct sgx_secs s = valid_secs();

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        s.attributes = (struct sgx_attributes){.flags = rows[i].flags, .xfrm = rows[i].xfrm};
        s.miscselect = rows[i].miscselect;
        s.ssa_frame_size = rows[i].frame;
        expect_ecreate(s, rows[i].status);
    }
}

static void ecreate_kss(void **state)
{
    struct sgx_secs s = valid_secs();

    (void)state;
    s.config_svn = 1;
    expect_ecreate(s, SGX_FAULT_GP);
    s.attributes.flags |= SGX_ATTRIBUTE_KSS;
    expect_ecreate(s, SGX_SUCCESS);
    s.config_svn = 0;
    s.config_id[63] = 1;
    expect_ecreate(s, SGX_SUCCESS);
    s.attributes.flags &= ~SGX_ATTRIBUTE_KSS;
    expect_ecreate(s, SGX_FAULT_GP);
}

static void frame_of_a_large_state(void **state)
{
    const struct sgx_cpu amx = {
        .attributes = SGX_ATTRIBUTE_MODE64BIT, .xfrm = 0x600e7, .size_log2 = 36};
    struct sgx_secs s = valid_secs();

    (void)state;
    s.miscselect = 0;
    s.attributes.xfrm = 0x600e7;
    s.ssa_frame_size = 2;
    assert_int_equal(sgx_ecreate(&amx, &s), SGX_FAULT_GP);
    s.ssa_frame_size = 3;
    assert_int_equal(sgx_ecreate(&amx, &s), SGX_SUCCESS);
}

static void wide_state_is_all_or_none(void **state)
{
    const struct sgx_cpu wide = {
        .attributes = SGX_ATTRIBUTE_MODE64BIT, .xfrm = 0x2e7, .size_log2 = 36};
    static const uint64_t taken[] = {3, 7, 0xe7, 0x203, 0x207, 0x2e7};
    struct sgx_secs s = valid_secs();
    size_t at = 0;

    (void)state;
    s.miscselect = 0;
    for (uint64_t xfrm = 0; xfrm < 0x400; xfrm++) {
        bool is_taken = at < ARRAY_COUNT(taken) && taken[at] == xfrm;

        s.attributes.xfrm = xfrm;
        assert_int_equal(sgx_ecreate(&wide, &s), is_taken ? SGX_SUCCESS : SGX_FAULT_GP);
        at += is_taken;
    }
    assert_int_equal(at, ARRAY_COUNT(taken));
}

static void eadd_pages(void **state)
{
    static const struct {
        uint64_t address;
        struct sgx_secinfo secinfo;
        enum sgx_status status;
    } rows[] = {
        {BASE, {.permissions = 5, .type = SGX_PT_REG}, SGX_SUCCESS},
        {BASE, {.permissions = 5, .type = SGX_PT_REG}, SGX_FAULT_PF},
        {BASE + 0x1000, {.permissions = 2, .type = SGX_PT_REG}, SGX_FAULT_GP},
        {BASE + 0x1000, {.permissions = 6, .type = SGX_PT_REG}, SGX_FAULT_GP},
        {BASE + 0x1000, {.permissions = 3, .type = SGX_PT_SECS}, SGX_FAULT_GP},
        {BASE + 0x1000, {.permissions = 3, .type = SGX_PT_TRIM}, SGX_FAULT_GP},
        {BASE + 0x1000, {.permissions = 3, .state = 8, .type = SGX_PT_REG}, SGX_FAULT_GP},
        {BASE + 0x1001, {.permissions = 3, .type = SGX_PT_REG}, SGX_FAULT_GP},
        {BASE - 0x1000, {.permissions = 3, .type = SGX_PT_REG}, SGX_FAULT_GP},
        {BASE + 0x4000, {.permissions = 3, .type = SGX_PT_REG}, SGX_FAULT_GP},
        {BASE + 0x1000, {.permissions = 0, .type = SGX_PT_REG}, SGX_SUCCESS},
    };
    _Atomic uint32_t words[4] = {0};
    _Atomic uint8_t groups[1] = {0};
    static const uint8_t page[SGX_PAGE_SIZE];
    struct sgx_page_table t;

    (void)state;
    sgx_page_table_init(&t, words, groups, BASE, 4);
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        assert_int_equal(sgx_eadd(&t, rows[i].address, rows[i].secinfo, page), rows[i].status);
    assert_int_equal(sgx_page_table_load(&t, BASE).max, 5);
}

static void eadd_tcs(void **state)
{
    const struct sgx_secinfo secinfo = {.type = SGX_PT_TCS};
    _Atomic uint32_t words[4] = {0};
    _Atomic uint8_t groups[1] = {0};
    uint8_t page[SGX_PAGE_SIZE] = {0};
    struct sgx_page_table t;

    (void)state;
    sgx_page_table_init(&t, words, groups, BASE, 4);
    page[100] = 1;
    assert_int_equal(sgx_eadd(&t, BASE, secinfo, page), SGX_FAULT_GP);
    assert_false(sgx_page_table_load(&t, BASE).valid);
    page[100] = 0;
    assert_int_equal(sgx_eadd(&t, BASE, secinfo, page), SGX_SUCCESS);
    assert_int_equal(sgx_page_table_load(&t, BASE).permissions, 0);
    assert_int_equal(sgx_page_table_load(&t, BASE).max, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ecreate_range),
        cmocka_unit_test(ecreate_features),
        cmocka_unit_test(ecreate_kss),
        cmocka_unit_test(frame_of_a_large_state),
        cmocka_unit_test(wide_state_is_all_or_none),
        cmocka_unit_test(eadd_pages),
        cmocka_unit_test(eadd_tcs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
