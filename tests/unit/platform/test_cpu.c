/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "platform/cpu.h"

struct row {
    uint32_t leaf;
    uint32_t subleaf;
    uint32_t regs[4];
};

struct replay {
    const struct row *rows;
    size_t count;
    uint64_t hwcap2;
    unsigned sections_asked;
};

static void replay_cpuid(void *context, uint32_t leaf, uint32_t subleaf,
                         uint32_t ret_regs[static 4])
{
    struct replay *r = context;

    memset(ret_regs, 0, 4 * sizeof(*ret_regs));
    if (leaf == 0x12 && subleaf >= 2)
        r->sections_asked++;
    for (size_t i = 0; i < r->count; i++)
        if (r->rows[i].leaf == leaf && r->rows[i].subleaf == subleaf)
            memcpy(ret_regs, r->rows[i].regs, sizeof(r->rows[i].regs));
}

static uint64_t replay_hwcap2(void *context)
{
    return ((const struct replay *)context)->hwcap2;
}

static struct platform_cpu read_rows(struct replay *r)
{
    struct platform_cpu_source source = {replay_cpuid, replay_hwcap2, r};
    struct platform_cpu cpu;

    platform_cpu_read(&source, &cpu);
    return cpu;
}

static void sections_are_added_with_their_high_halves(void **state)
{
    static const struct row rows[] = {
        {0, 0, {0x1b}},
        {7, 0, {0, 1 << 2, 1 << 30, 0}},
        {0x12, 0, {3, 0, 0, 0}},
        {0x12, 1, {0xb6, 0, 0xe7, 0x6}},
        {0x12, 2, {0x80000001, 0x20, 0x00000001, 0x20}},
        {0x12, 3, {0x80000001, 0x60, 0x05e00001, 0xfff00000}},
        {0x12, 4, {0x80000002, 0x60, 0x05e00001, 0}},
        {0x12, 5, {0x80000001, 0x60, 0x05e00001, 0}},
    };
    struct replay r = {rows, ARRAY_COUNT(rows), 2, 0};
    struct platform_cpu cpu = read_rows(&r);

    (void)state;
    assert_true(cpu.has_sgx && cpu.has_flc && cpu.has_sgx1 && cpu.has_sgx2 && cpu.has_fsgsbase);
    assert_int_equal(cpu.xfrm, UINT64_C(0x6000000e7));
    assert_int_equal(cpu.epc_size, (UINT64_C(0x20) << 32) + 0x05e00000);
    assert_int_equal(r.sections_asked, 3);
}

static void leaf_0x12_is_not_believed_without_the_feature_bit(void **state)
{
    static const struct row rows[] = {
        {0, 0, {0x1b}},
        {7, 0, {0, 0, 1 << 30, 0}},
        {0x12, 0, {3, 0, 0, 0}},
        {0x12, 2, {0x80000001, 0, 0x05e00001, 0}},
    };
    struct replay r = {rows, ARRAY_COUNT(rows), ~UINT64_C(2), 0};
    struct platform_cpu cpu = read_rows(&r);

    (void)state;
    assert_false(cpu.has_sgx || cpu.has_sgx1 || cpu.has_sgx2 || cpu.has_fsgsbase);
    assert_int_equal(cpu.epc_size, 0);
}

static void leaves_above_the_maximum_are_not_asked(void **state)
{
    static const struct row rows[] = {
        {0, 0, {0x11}},
        {7, 0, {0, 1 << 2, 0, 0}},
        {0x12, 0, {1, 0, 0, 0}},
    };
    struct replay r = {rows, ARRAY_COUNT(rows), 0, 0};
    struct platform_cpu cpu = read_rows(&r);

    (void)state;
    assert_true(cpu.has_sgx);
    assert_false(cpu.has_sgx1);
    assert_int_equal(r.sections_asked, 0);
}

static void endless_sections_end(void **state)
{
    static struct row rows[300];
    struct replay r = {rows, ARRAY_COUNT(rows), 0, 0};

    (void)state;
    rows[0] = (struct row){0, 0, {0x12}};
    rows[1] = (struct row){7, 0, {0, 4, 0, 0}};
    for (uint32_t i = 2; i < ARRAY_COUNT(rows); i++)
        rows[i] = (struct row){0x12, i, {1, 0, UINT32_MAX, UINT32_MAX}};
    assert_int_equal(read_rows(&r).epc_size, 32 * UINT64_C(0xffffffffff000));
    assert_int_equal(r.sections_asked, PLATFORM_CPU_EPC_SECTIONS_MAX);
}

static void this_machine_answers(void **state)
{
    struct platform_cpu cpu;

    (void)state;
    platform_cpu_read(platform_cpu_source_machine(), &cpu);
    assert_true(cpu.has_sgx || !cpu.has_sgx1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_are_added_with_their_high_halves),
        cmocka_unit_test(leaf_0x12_is_not_believed_without_the_feature_bit),
        cmocka_unit_test(leaves_above_the_maximum_are_not_asked),
        cmocka_unit_test(endless_sections_end),
        cmocka_unit_test(this_machine_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
