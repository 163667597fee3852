/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "platform/platform.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

/* The expected description of a machine. A problem is written "check:severity". */
struct expectation {
    const char *machine;
    bool is_ready;
    const char *driver;
    const char *version;
    const char *enclave;
    const char *provision;
    const char *epc_source;
    uint32_t node_count;
    struct platform_node nodes[2];
    const char *problems[8];
};

#define NO_CGROUP "epc-cgroup:note"
#define CPUID_EPC "epc:note"

static const struct expectation expectations[] = {
    {"dc1s_v2",
     true,
     "in-kernel",
     "5.15.0-1089-azure",
     "/dev/sgx_enclave",
     "/dev/sgx_provision",
     "cpuid",
     1,
     {{-1, 28 * MIB}},
     {"sgx2:note", CPUID_EPC, NO_CGROUP}},
    {"dc2s_v2",
     true,
     "in-kernel",
     "5.15.0-1089-azure",
     "/dev/sgx_enclave",
     "/dev/sgx_provision",
     "cpuid",
     1,
     {{-1, 56 * MIB}},
     {"sgx2:note", CPUID_EPC, NO_CGROUP}},
    {"dc4s_v2",
     true,
     "in-kernel",
     "5.15.0-1089-azure",
     "/dev/sgx_enclave",
     "/dev/sgx_provision",
     "cpuid",
     1,
     {{-1, 112 * MIB}},
     {"sgx2:note", CPUID_EPC, NO_CGROUP}},
    {"dc8_v2",
     true,
     "in-kernel",
     "5.15.0-1089-azure",
     "/dev/sgx_enclave",
     "/dev/sgx_provision",
     "cpuid",
     1,
     {{-1, 168 * MIB}},
     {"sgx2:note", CPUID_EPC, NO_CGROUP}},
    {"dc48s_v3",
     true,
     "in-kernel",
     "6.8.0-1041-azure",
     "/dev/sgx_enclave",
     "/dev/sgx_provision",
     "sysfs",
     2,
     {{0, 128 * GIB}, {1, 128 * GIB}},
     {NO_CGROUP}},
    {"two_socket_1tib",
     true,
     "in-kernel",
     "6.12.41",
     "/dev/sgx_enclave",
     "/dev/sgx_provision",
     "sysfs",
     2,
     {{0, 512 * GIB}, {1, 512 * GIB}},
     {NO_CGROUP}},
    {"bios_off", false, "none", "", "", "", "none", 0, {{0}}, {"bios:fatal", "driver:fatal"}},
    {"no_sgx", false, "none", "", "", "", "none", 0, {{0}}, {"cpu:fatal", "driver:fatal"}},
    {"driver_missing",
     false,
     "none",
     "",
     "",
     "",
     "cpuid",
     1,
     {{-1, 93 * MIB + MIB / 2}},
     {"sgx2:note", "driver:fatal", CPUID_EPC}},
    {"dcap_1_33",
     true,
     "dcap-1.33",
     "1.33.2",
     "/dev/sgx/enclave",
     "/dev/sgx/provision",
     "cpuid",
     1,
     {{-1, 56 * MIB}},
     {"sgx2:note", CPUID_EPC, NO_CGROUP}},
    {"dcap_1_41",
     true,
     "dcap-1.41",
     "1.41",
     "/dev/sgx_enclave",
     "/dev/sgx_provision",
     "cpuid",
     1,
     {{-1, 56 * MIB}},
     {"sgx2:note", CPUID_EPC, NO_CGROUP}},
    {"isgx",
     true,
     "isgx",
     "2.11.0",
     "/dev/isgx",
     "",
     "cpuid",
     1,
     {{-1, 93 * MIB + MIB / 2}},
     {"flc:note", "sgx2:note", "driver:warning", CPUID_EPC, "fsgsbase:warning", NO_CGROUP}},
    {"old_dcap",
     false,
     "none",
     "",
     "",
     "",
     "cpuid",
     1,
     {{-1, 56 * MIB}},
     {"sgx2:note", "driver:fatal", CPUID_EPC}},
    {"regular_file",
     false,
     "none",
     "",
     "",
     "",
     "sysfs",
     1,
     {{0, 56 * MIB}},
     {"sgx2:note", "enclave-device:fatal"}},
    {"symlink_loop",
     false,
     "none",
     "",
     "",
     "",
     "sysfs",
     1,
     {{0, 56 * MIB}},
     {"sgx2:note", "enclave-device:fatal"}},
    {"epc_cgroup",
     true,
     "in-kernel",
     "6.6.30-vendor",
     "/dev/sgx_enclave",
     "/dev/sgx_provision",
     "sysfs",
     1,
     {{0, 63 * GIB}},
     {"enclave-device:note", "dev-exec:warning", "epc:warning"}},
};

static void check_problems(const struct expectation *e, const struct platform_info *info)
{
    uint32_t i = 0;

    for (; e->problems[i]; i++) {
        char text[64] = "nothing";

        if (i < info->problem_count)
            snprintf(text, sizeof(text), "%s:%s", platform_check_name(info->problems[i].check),
                     platform_severity_name(info->problems[i].severity));
        assert_string_equal(text, e->problems[i]);
        assert_true(strlen(info->problems[i].text) > 4 && strlen(info->problems[i].remedy) > 4);
    }
    assert_int_equal(info->problem_count, i);
}

static void check_info(const struct expectation *e, const struct platform_info *info)
{
    uint64_t total = 0;

    assert_string_equal(platform_backend_name(info->backend), "hardware");
    assert_string_equal(platform_driver_name(info->driver), e->driver);
    assert_string_equal(info->driver_version, e->version);
    assert_string_equal(info->enclave_path, e->enclave);
    assert_string_equal(info->provision_path, e->provision);
    assert_string_equal(platform_epc_source_name(info->epc_source), e->epc_source);
    assert_int_equal(info->node_count, e->node_count);
    for (uint32_t i = 0; i < e->node_count; i++) {
        assert_int_equal(info->nodes[i].id, e->nodes[i].id);
        assert_int_equal(info->nodes[i].epc_size, e->nodes[i].epc_size);
        total += e->nodes[i].epc_size;
    }
    assert_int_equal(info->epc_size, total);
    assert_int_equal(platform_is_ready(info), e->is_ready);
}

static struct platform *look(const struct machine *m)
{
    struct platform_options options = {.sources = machine_sources(m)};
    struct platform *p;

    assert_int_equal(platform_new(&options, &p, NULL), 0);
    return p;
}

static void each_machine_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(expectations); i++) {
        struct machine *m = machine_new(expectations[i].machine);
        struct platform *p;

        if (!m)
            skip();
        print_message("%s\n", expectations[i].machine);
        p = look(m);
        check_info(&expectations[i], platform_info(p));
        check_problems(&expectations[i], platform_info(p));
        assert_false(platform_poll(p));
        platform_free(p);
        machine_free(m);
    }
}

/* A machine, and a platform looking at it, for the tests that change it. */
struct scene {
    struct machine *machine;
    struct platform *platform;
};

static bool open_scene(struct scene *s, const char *name)
{
    s->machine = machine_new(name);
    if (!s->machine)
        return false;
    s->platform = look(s->machine);
    return true;
}

static void close_scene(struct scene *s)
{
    platform_free(s->platform);
    machine_free(s->machine);
}

static void a_late_driver_is_seen(void **state)
{
    struct scene s = {0};

    (void)state;
    if (!open_scene(&s, "driver_missing"))
        skip();
    assert_false(platform_is_ready(platform_info(s.platform)));
    assert_false(platform_poll(s.platform));
    machine_apply(s.machine, "char dev/sgx_enclave 0666");
    machine_apply(s.machine, "file sys/devices/system/node/node0/x86/sgx_total_bytes 97517568");
    assert_true(platform_poll(s.platform));
    assert_true(platform_is_ready(platform_info(s.platform)));
    assert_int_equal(platform_info(s.platform)->epc_source, PLATFORM_EPC_SYSFS);
    assert_int_equal(platform_info(s.platform)->epc_size, 97517568);
    assert_false(platform_poll(s.platform));
    close_scene(&s);
}

static void loss_and_return_are_seen(void **state)
{
    struct scene s = {0};

    (void)state;
    if (!open_scene(&s, "dc48s_v3"))
        skip();
    machine_apply(s.machine, "remove dev/sgx_enclave");
    assert_true(platform_poll(s.platform));
    assert_false(platform_is_ready(platform_info(s.platform)));
    assert_int_equal(platform_info(s.platform)->epc_size, 256 * GIB);
    machine_apply(s.machine, "file dev/sgx_enclave created by somebody's shell");
    assert_true(platform_poll(s.platform));
    assert_false(platform_is_ready(platform_info(s.platform)));
    machine_apply(s.machine, "remove dev/sgx_enclave");
    machine_apply(s.machine, "char dev/sgx_enclave 0666");
    assert_true(platform_poll(s.platform));
    assert_true(platform_is_ready(platform_info(s.platform)));
    close_scene(&s);
}

static void nonsense_in_sysfs_is_not_epc(void **state)
{
    struct scene s = {0};

    (void)state;
    if (!open_scene(&s, "dc48s_v3"))
        skip();
    machine_apply(s.machine,
                  "file sys/devices/system/node/node1/x86/sgx_total_bytes 99999999999999999");
    machine_apply(s.machine, "file sys/devices/system/node/node2/x86/sgx_total_bytes -1");
    machine_apply(s.machine, "file sys/devices/system/node/node3/x86/sgx_total_bytes 0");
    machine_apply(s.machine, "file sys/devices/system/node/nodeX/x86/sgx_total_bytes 4096");
    assert_true(platform_poll(s.platform));
    assert_int_equal(platform_info(s.platform)->node_count, 1);
    assert_int_equal(platform_info(s.platform)->epc_size, 128 * GIB);
    close_scene(&s);
}

static void more_nodes_than_fit_are_not_lost(void **state)
{
    struct scene s = {0};
    char line[128];

    (void)state;
    if (!open_scene(&s, "driver_missing"))
        skip();
    for (int i = 0; i < PLATFORM_NODES_MAX + 3; i++) {
        snprintf(line, sizeof(line), "file sys/devices/system/node/node%d/x86/sgx_total_bytes 4096",
                 i);
        machine_apply(s.machine, line);
    }
    assert_true(platform_poll(s.platform));
    assert_int_equal(platform_info(s.platform)->node_count, PLATFORM_NODES_MAX);
    assert_int_equal(platform_info(s.platform)->epc_size, 4096 * (PLATFORM_NODES_MAX + 3));
    close_scene(&s);
}

static void the_epc_cgroup_is_read_wherever_it_is(void **state)
{
    struct scene s = {0};

    (void)state;
    if (!open_scene(&s, "epc_cgroup"))
        skip();
    assert_int_equal(platform_info(s.platform)->epc_cgroup_size, 63 * GIB);
    machine_apply(s.machine, "remove sys/fs/cgroup/misc.capacity");
    assert_true(platform_poll(s.platform));
    assert_int_equal(platform_info(s.platform)->epc_cgroup_size, 0);
    machine_apply(s.machine, "file sys/fs/cgroup/unified/misc.capacity sgx_epc 8192");
    assert_true(platform_poll(s.platform));
    assert_int_equal(platform_info(s.platform)->epc_cgroup_size, 8192);
    close_scene(&s);
}

static void problems_name_the_cause(void **state)
{
    struct scene s = {0};
    const struct platform_info *info;

    (void)state;
    if (!open_scene(&s, "regular_file"))
        skip();
    info = platform_info(s.platform);
    assert_string_equal(info->problems[1].text,
                        "/dev/sgx_enclave is a regular file, not a character device");
    close_scene(&s);

    assert_true(open_scene(&s, "epc_cgroup"));
    info = platform_info(s.platform);
    assert_non_null(strstr(info->problems[0].text, "mode 0660"));
    assert_non_null(strstr(info->problems[2].text, "63 GiB of the 64 GiB"));
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_machine_is_understood),
        cmocka_unit_test(a_late_driver_is_seen),
        cmocka_unit_test(loss_and_return_are_seen),
        cmocka_unit_test(nonsense_in_sysfs_is_not_epc),
        cmocka_unit_test(more_nodes_than_fit_are_not_lost),
        cmocka_unit_test(the_epc_cgroup_is_read_wherever_it_is),
        cmocka_unit_test(problems_name_the_cause),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
