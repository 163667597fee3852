/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "doctor/doctor.h"

static const char *const nowhere[] = {"/nowhere", NULL};

static const struct doctor_line *find(const struct doctor_report *report, const char *name)
{
    for (uint32_t i = 0; i < report->line_count; i++)
        if (strcmp(report->lines[i].name, name) == 0)
            return &report->lines[i];
    fail_msg("no line %s", name);
    abort();
}

static void examine(const struct platform_info *info, struct doctor_report *ret)
{
    const struct doctor_options options = {
        .info = info,
        .kubelet_dir = "/nowhere",
        .agent_address = "127.0.0.1:1",
        .aesm_socket = "/nowhere",
        .libraries = nowhere,
    };

    doctor_examine(&options, ret);
}

static void check(const struct doctor_report *report, const char *name, const char *outcome,
                  const char *detail)
{
    const struct doctor_line *line = find(report, name);

    assert_string_equal(doctor_outcome_name(line->outcome), outcome);
    assert_non_null(strstr(line->detail, detail));
}

static void an_empty_snapshot_is_not_ready(void **state)
{
    static const struct platform_info info;
    static struct doctor_report report;

    (void)state;
    examine(&info, &report);
    check(&report, "enclave-device", "skipped", "no driver");
    check(&report, "epc", "skipped", "SGX is not on");
}

static void a_report_has_a_cause_when_not_ready(void **state)
{
    static const char *const machines[] = {"bios_off", "no_sgx",       "driver_missing",
                                           "old_dcap", "regular_file", "symlink_loop"};
    static struct doctor_report report;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(machines); i++) {
        struct machine *m = machine_new(machines[i]);
        struct platform_options options = {0};
        struct platform *p;

        if (!m)
            skip();
        options.sources = machine_sources(m);
        assert_int_equal(platform_new(&options, &p, NULL), 0);
        examine(platform_info(p), &report);
        assert_int_equal(report.is_ready, platform_is_ready(platform_info(p)));
        assert_false(report.is_ready);
        platform_free(p);
        machine_free(m);
    }
}

static void the_worst_problem_of_a_check_is_shown(void **state)
{
    static struct platform_info info;
    static struct doctor_report report;

    (void)state;
    info.backend = PLATFORM_HARDWARE;
    info.epc_size = 1 << 20;
    info.problem_count = 2;
    info.problems[0] = (struct platform_problem){PLATFORM_CHECK_EPC, PLATFORM_NOTE, "small", "r"};
    info.problems[1] = (struct platform_problem){PLATFORM_CHECK_EPC, PLATFORM_WARNING, "big", "r"};
    examine(&info, &report);
    check(&report, "epc", "warning", "big");
}

static void many_numa_nodes_are_cut_short(void **state)
{
    static struct platform_info info;
    static struct doctor_report report;

    (void)state;
    info.backend = PLATFORM_HARDWARE;
    info.epc_source = PLATFORM_EPC_SYSFS;
    info.node_count = PLATFORM_NODES_MAX;
    for (int i = 0; i < PLATFORM_NODES_MAX; i++)
        info.nodes[i] = (struct platform_node){i, UINT64_C(1536) << 20};
    info.epc_size = PLATFORM_NODES_MAX * (UINT64_C(1536) << 20);
    examine(&info, &report);
    check(&report, "epc", "ok", "node 7 1.5 GiB, and 56 more");
}

static void the_device_list_has_an_edge(void **state)
{
    static struct platform_info info;
    static struct doctor_report report;

    (void)state;
    info.backend = PLATFORM_SOFTWARE;
    info.epc_size = (uint64_t)DOCTOR_DEVICES_SAFE << 20;
    examine(&info, &report);
    check(&report, "epc-list", "ok", "2048 devices");
    info.epc_size += 1 << 20;
    examine(&info, &report);
    check(&report, "epc-list", "note", "2049 MiB");
}

static void services_that_are_absent_are_notes(void **state)
{
    static struct platform_info info;
    static struct doctor_report report;

    (void)state;
    info.backend = PLATFORM_HARDWARE;
    examine(&info, &report);
    check(&report, "kubelet", "skipped", "not a Kubernetes node");
    check(&report, "agent", "note", "does not run here");
    check(&report, "aesm", "note", "no quote service");
    check(&report, "quote-library", "note", "not installed");
    info.backend = PLATFORM_SOFTWARE;
    examine(&info, &report);
    check(&report, "quote-library", "skipped", "signs its quotes itself");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_snapshot_is_not_ready),
        cmocka_unit_test(a_report_has_a_cause_when_not_ready),
        cmocka_unit_test(the_worst_problem_of_a_check_is_shown),
        cmocka_unit_test(many_numa_nodes_are_cut_short),
        cmocka_unit_test(the_device_list_has_an_edge),
        cmocka_unit_test(services_that_are_absent_are_notes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
