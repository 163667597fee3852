/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mutate.h"
#include "platform/sysfs.h"

static void numbers_are_strict(void **state)
{
    static const struct {
        const char *text;
        int status;
        uint64_t value;
    } cases[] = {
        {"98566144\n", 0, 98566144},
        {"  7\t", 0, 7},
        {"0", 0, 0},
        {"18446744073709551615", 0, UINT64_MAX},
        {"18446744073709551616", -ERANGE, 0},
        {"99999999999999999999999", -ERANGE, 0},
        {"", -EINVAL, 0},
        {"\n", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"+1", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
        {"1 2", -EINVAL, 0},
        {"max", -EINVAL, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint64_t value = 42;

        assert_int_equal(sysfs_parse_u64(span_str(cases[i].text), &value), cases[i].status);
        assert_int_equal(value, cases[i].status == 0 ? cases[i].value : 42);
    }
    assert_int_equal(sysfs_parse_u64(span_of("1\0", 2), &(uint64_t){0}), -EINVAL);
}

static void keyed_files_are_searched_by_whole_key(void **state)
{
    const struct span text = span_str("sev 15\nsgx_epc_x 1\nsgx_epc 67645734912\nmax max\nbare");
    uint64_t value = 0;

    (void)state;
    assert_int_equal(sysfs_parse_keyed(text, "sgx_epc", &value), 0);
    assert_int_equal(value, UINT64_C(67645734912));
    assert_int_equal(sysfs_parse_keyed(text, "tdx", &value), -ENOENT);
    assert_int_equal(sysfs_parse_keyed(text, "max", &value), -EINVAL);
    assert_int_equal(sysfs_parse_keyed(text, "bare", &value), -EINVAL);
    assert_int_equal(sysfs_parse_keyed(span_of(NULL, 0), "sgx_epc", &value), -ENOENT);
}

static void node_names_are_exact(void **state)
{
    int32_t id = -5;

    (void)state;
    assert_int_equal(sysfs_parse_node_name("node0", &id), 0);
    assert_int_equal(id, 0);
    assert_int_equal(sysfs_parse_node_name("node1023", &id), 0);
    assert_int_equal(id, 1023);
    assert_int_equal(sysfs_parse_node_name("node", &id), -EINVAL);
    assert_int_equal(sysfs_parse_node_name("node1x", &id), -EINVAL);
    assert_int_equal(sysfs_parse_node_name("node 1", &id), -EINVAL);
    assert_int_equal(sysfs_parse_node_name("power", &id), -EINVAL);
    assert_int_equal(sysfs_parse_node_name("node4294967296", &id), -EINVAL);
    assert_int_equal(id, 1023);
}

static const char MOUNTINFO[] =
    "22 1 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw\n"
    "24 1 0:5 / /dev rw,nosuid,noexec,relatime shared:2 - devtmpfs udev rw\n"
    "25 24 0:22 / /dev/pts rw,nosuid,noexec,relatime shared:3 - devpts devpts rw\n"
    "90 1 0:5 / /dev rw,nosuid - devtmpfs udev rw\n";

static void the_last_mount_at_a_point_counts(void **state)
{
    bool is_noexec = true;

    (void)state;
    assert_int_equal(sysfs_parse_mount_noexec(span_str(MOUNTINFO), "/dev", &is_noexec), 0);
    assert_false(is_noexec);
    assert_int_equal(
        sysfs_parse_mount_noexec(span_of(MOUNTINFO, sizeof(MOUNTINFO) - 46), "/dev", &is_noexec),
        0);
    assert_true(is_noexec);
    assert_int_equal(sysfs_parse_mount_noexec(span_str(MOUNTINFO), "/sys", &is_noexec), -ENOENT);
    assert_int_equal(sysfs_parse_mount_noexec(span_str("\n\n   \n"), "/dev", &is_noexec), -ENOENT);
}

static int parse_everything(struct span text, void *context)
{
    uint64_t value;
    bool flag;

    if (sysfs_parse_u64(text, &value) == 0 && sysfs_parse_mount_noexec(text, context, &flag) == 0)
        fail_msg("a number is no mount table");
    return sysfs_parse_keyed(text, context, &value);
}

static void no_prefix_or_flipped_bit_reads_outside(void **state)
{
    static const char keyed[] = "sev 15\nsgx_epc 67645734912\n";

    (void)state;
    /* The value may end early: any prefix with a digit of it is a smaller number. */
    assert_int_equal(mutate_prefixes(span_str(keyed), parse_everything, "sgx_epc"), 11);
    assert_true(mutate_bits(span_str(keyed), 7, 14, parse_everything, "sgx_epc") == 0);
    mutate_prefixes(span_str(MOUNTINFO), parse_everything, "/dev");
    mutate_bits(span_str(MOUNTINFO), 0, sizeof(MOUNTINFO), parse_everything, "/dev");
}

static void reading_keeps_within_the_buffer(void **state)
{
    char path[] = "/tmp/coffer-test-sysfs-XXXXXX";
    char small[5];
    struct span text;
    uint64_t value;
    FILE *file;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    file = fdopen(fd, "w");
    assert_non_null(file);
    fputs(" 1.33.2 \nsecond\n", file);
    fclose(file);
    assert_int_equal(sysfs_read("/tmp", path + 5, small, sizeof(small), &text), 0);
    assert_int_equal(text.len, sizeof(small));
    sysfs_read_line("/tmp", path + 5, small, sizeof(small));
    assert_string_equal(small, "1.3");
    assert_int_equal(sysfs_read_u64("/tmp", path + 5, &value), -EINVAL);
    remove(path);
    sysfs_read_line("/tmp", path + 5, small, sizeof(small));
    assert_string_equal(small, "");
    assert_int_equal(sysfs_read_u64("/tmp", path + 5, &value), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(keyed_files_are_searched_by_whole_key),
        cmocka_unit_test(node_names_are_exact),
        cmocka_unit_test(the_last_mount_at_a_point_counts),
        cmocka_unit_test(no_prefix_or_flipped_bit_reads_outside),
        cmocka_unit_test(reading_keeps_within_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
