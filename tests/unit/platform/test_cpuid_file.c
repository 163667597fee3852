/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "mutate.h"
#include "platform/cpu.h"
#include "platform/cpuid_file.h"

static const char TEXT[] = "# a processor\n"
                           "0 0 1b 756e6547 6c65746e 49656e69\n"
                           "\n"
                           "  7 0   0 4 40000000 ffffffff \r\n"
                           "12 2 80000001 20 1 20\n"
                           "hwcap2 2";

static void leaves_are_replayed(void **state)
{
    struct platform_cpu_source source;
    struct platform_cpuid_file file;
    uint32_t regs[4];

    (void)state;
    assert_int_equal(platform_cpuid_file_parse(span_str(TEXT), &file, NULL), 0);
    assert_int_equal(file.count, 3);
    source = platform_cpuid_file_source(&file);
    source.cpuid(source.context, 7, 0, regs);
    assert_int_equal(regs[1], 4);
    assert_int_equal(regs[3], UINT32_MAX);
    source.cpuid(source.context, 0x12, 2, regs);
    assert_int_equal(regs[0], 0x80000001);
    source.cpuid(source.context, 7, 1, regs);
    assert_int_equal(regs[0] | regs[1] | regs[2] | regs[3], 0);
    assert_int_equal(source.hwcap2(source.context), 2);
}

static void bad_lines_are_named(void **state)
{
    static const char *const bad[] = {
        "1 2 3 4 5\n",  "1 2 3 4 5 6 7\n", "1 2 3 4 5 100000000\n", "x 2 3 4 5 6\n", "hwcap2\n",
        "hwcap2 1 2\n", "hwcap3 1\n",
    };
    struct platform_cpuid_file file;
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        assert_int_equal(platform_cpuid_file_parse(span_str(bad[i]), &file, &err), -EBADMSG);
        assert_non_null(strstr(err.text, "line 1 is neither"));
    }
}

static void the_number_of_leaves_is_limited(void **state)
{
    CLEANUP(buf_done) struct buf text = buf_init(PLATFORM_CPUID_FILE_SIZE_MAX);
    struct platform_cpuid_file file;

    (void)state;
    for (int i = 0; i < PLATFORM_CPUID_FILE_LEAVES_MAX; i++)
        buf_printf(&text, "%x 0 0 0 0 0\n", i);
    assert_int_equal(platform_cpuid_file_parse(buf_span(&text), &file, NULL), 0);
    buf_put_str(&text, "ff 0 0 0 0 0\n");
    assert_int_equal(platform_cpuid_file_parse(buf_span(&text), &file, NULL), -E2BIG);
}

static int parse(struct span text, void *context)
{
    struct platform_cpuid_file *file = context;
    int r = platform_cpuid_file_parse(text, file, NULL);

    assert_true(file->count <= PLATFORM_CPUID_FILE_LEAVES_MAX);
    return r;
}

static void no_prefix_or_flipped_bit_reads_outside(void **state)
{
    struct platform_cpuid_file file;

    (void)state;
    assert_true(mutate_prefixes(span_str(TEXT), parse, &file) < sizeof(TEXT) - 1);
    assert_true(mutate_bits(span_str(TEXT), 0, sizeof(TEXT), parse, &file) < 8 * sizeof(TEXT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_are_replayed),
        cmocka_unit_test(bad_lines_are_named),
        cmocka_unit_test(the_number_of_leaves_is_limited),
        cmocka_unit_test(no_prefix_or_flipped_bit_reads_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
