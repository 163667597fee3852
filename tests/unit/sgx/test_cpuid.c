/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sgx/cpuid.h"

#define EPC_SIZE (UINT64_C(5) << 30)

static const struct sgx_cpu cpu = SGX_CPU_SOFTWARE;
static const struct cpuid_regs native = {0x10, 0x100, 0x200, 0x400};

static struct cpuid_regs ask(uint32_t leaf, uint32_t subleaf)
{
    return sgx_cpuid(&cpu, EPC_SIZE, leaf, subleaf, native);
}

static void assert_regs(struct cpuid_regs r, uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    assert_int_equal(r.eax, eax);
    assert_int_equal(r.ebx, ebx);
    assert_int_equal(r.ecx, ecx);
    assert_int_equal(r.edx, edx);
}

static void the_largest_leaf_reaches_sgx(void **state)
{
    struct cpuid_regs later = {.eax = 0x20};

    (void)state;
    assert_regs(ask(0, 0), 0x12, 0x100, 0x200, 0x400);
    assert_int_equal(sgx_cpuid(&cpu, 0, 0, 0, later).eax, 0x20);
}

static void features_gain_sgx_and_launch_control(void **state)
{
    (void)state;
    assert_regs(ask(7, 0), 0x10, 0x104, 0x40000200, 0x400);
    assert_regs(ask(7, 1), 0x10, 0x100, 0x200, 0x400);
}

static void the_sgx_leaf_tells_capabilities(void **state)
{
    struct sgx_cpu first = cpu;

    (void)state;
    assert_regs(ask(0x12, 0), 0x803, 1, 0, 0x241f);
    assert_regs(ask(0x12, 1), 0x4b6, 0, 7, 0);
    first.has_sgx2 = false;
    first.attributes &= ~SGX_ATTRIBUTE_AEXNOTIFY;
    assert_int_equal(sgx_cpuid(&first, 0, 0x12, 0, native).eax, 1);
}

static void one_section_holds_the_epc(void **state)
{
    struct cpuid_regs r = ask(0x12, 2);

    (void)state;
    assert_int_equal(r.eax & 0xfff, 1);
    assert_int_equal(r.ecx & 0xfff, 1);
    assert_int_equal((uint64_t)r.edx << 32 | (r.ecx & 0xfffff000), EPC_SIZE);
    assert_regs(ask(0x12, 3), 0, 0, 0, 0);
    assert_regs(ask(0x12, UINT32_MAX), 0, 0, 0, 0);
}

static void other_leaves_are_the_processors(void **state)
{
    static const uint32_t leaves[] = {1, 4, 0xd, 0x11, 0x13, 0x80000000};

    (void)state;
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        assert_regs(ask(leaves[i], 0), 0x10, 0x100, 0x200, 0x400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_leaf_reaches_sgx),
        cmocka_unit_test(features_gain_sgx_and_launch_control),
        cmocka_unit_test(the_sgx_leaf_tells_capabilities),
        cmocka_unit_test(one_section_holds_the_epc),
        cmocka_unit_test(other_leaves_are_the_processors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
