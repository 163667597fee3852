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

#include "base/fd.h"
#include "mutate.h"
#include "scratch.h"
#include "epc/committed.h"

#define ID_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID_B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UID  "12345678-9abc-def0-1234-56789abcdef0"

static const char MAPS[] =
    "55d0c0000000-55d0c0001000 r--p 00000000 fe:00 1234                       /usr/bin/app\n"
    "7f0000000000-7f0000400000 rw-s 00000000 00:05 97                         /dev/sgx_enclave\n"
    "7f0000400000-7f0000401000 r-xs 00000000 00:05 97                         /dev/sgx/enclave\n"
    "7f0000401000-7f0000402000 ---s 00000000 00:05 97                         "
    "/dev/sgx_enclave (deleted)\n"
    "7f0000500000-7f0000600000 rw-p 00000000 00:00 0 \n"
    "7f0000600000-7f0000700000 rw-s 00000000 00:05 98                         /dev/sgx_provision\n"
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]\n";

static void enclave_mappings_are_summed(void **state)
{
    (void)state;
    assert_int_equal(epc_committed_maps_parse(span_str(MAPS)), 0x402000);
    assert_int_equal(epc_committed_maps_parse(span_str("")), 0);
}

static void lines_that_cannot_be_count_nothing(void **state)
{
    static const char *const lines[] = {
        "/dev/sgx_enclave",
        "2000-1000 rw-s 0 0:5 97 /dev/sgx_enclave",
        "1000 rw-s 0 0:5 97 /dev/sgx_enclave",
        "x-2000 rw-s 0 0:5 97 /dev/sgx_enclave",
        "1000-11112222333344445 rw-s 0 0:5 97 /dev/sgx_enclave",
        "1000-2000 rw-s 0 0:5 97 /home/me/not_sgx_enclave",
        "1000-2000 rw-s 0 0:5 97 /dev/sgx_enclave.bak",
        "1000-2000 rw-s 0 0:5 97",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++)
        assert_int_equal(epc_committed_maps_parse(span_str(lines[i])), 0);
    assert_int_equal(epc_committed_maps_parse(span_str("1000-2000 rw-s 0 0:5 97 /dev/isgx")),
                     0x1000);
    assert_int_equal(
        epc_committed_maps_parse(span_str("0-ffffffffffffffff rw-s 0 0:5 97 /dev/isgx\n"
                                          "0-ffffffffffffffff rw-s 0 0:5 97 /dev/isgx\n")),
        UINT64_MAX);
}

static void every_cgroup_layout_is_understood(void **state)
{
    static const struct {
        const char *text;
        const char *container_id;
        const char *pod_uid;
    } cases[] = {
        {"0::/kubepods.slice/kubepods-burstable.slice/"
         "kubepods-burstable-pod12345678_9abc_def0_1234_56789abcdef0.slice/"
         "cri-containerd-" ID_A ".scope\n",
         ID_A, UID},
        {"12:pids:/kubepods/besteffort/pod" UID "/" ID_A "\n1:name=systemd:/kubepods\n", ID_A, UID},
        {"5:cpu,cpuacct:/user.slice\n4:memory:/kubepods/pod" UID "/" ID_B "\n0::/\n", ID_B, UID},
        {"0::/kubepods.slice/kubepods-pod12345678_9abc_def0_1234_56789abcdef0.slice/"
         "crio-" ID_B ".scope/container\n",
         ID_B, UID},
        {"0::/kubepods/pod0123456789abcdef0123456789abcdef/" ID_A "\n", ID_A,
         "0123456789abcdef0123456789abcdef"},
        {"0::/system.slice/docker-" ID_A ".scope\n", ID_A, ""},
        {"0::/docker/" ID_A, ID_A, ""},
        {"0::/user.slice/user-1000.slice/session-2.scope\n", "", ""},
        {"0::/kubepods/podnot-a-uid-but-just-as-long-as-that-is/x\n", "", ""},
        {"0::/x" ID_A "\n", "", ""},
        {"", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct epc_committed_row row;

        memset(&row, 'x', sizeof(row));
        epc_committed_cgroup_parse(span_str(cases[i].text), &row);
        assert_string_equal(row.container_id, cases[i].container_id);
        assert_string_equal(row.pod_uid, cases[i].pod_uid);
    }
}

static void log_names_give_container_names(void **state)
{
    static const char *const bad[] = {
        "",
        "pod_ns_c.log",
        "pod_ns_c-" ID_A,
        "pod_ns_c-x" ID_A ".log",
        "pod_ns_-" ID_A ".log",
        "_ns_c-" ID_A ".log",
        "pod_c-" ID_A ".log",
        "pod_ns_c-" ID_A ".log.1",
    };
    struct epc_container_name name;
    char id[EPC_COMMITTED_ID_SIZE];

    (void)state;
    assert_int_equal(epc_committed_log_name_parse("web-7f9c_prod_app-side-" ID_A ".log", &name, id),
                     0);
    assert_string_equal(name.pod, "web-7f9c");
    assert_string_equal(name.namespace_name, "prod");
    assert_string_equal(name.container, "app-side");
    assert_string_equal(id, ID_A);
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
        assert_int_equal(epc_committed_log_name_parse(bad[i], &name, id), -EINVAL);
}

static int parse_everything(struct span text, void *context)
{
    struct epc_container_name name;
    struct epc_committed_row row;
    char id[EPC_COMMITTED_ID_SIZE];
    char *copy = strndup((const char *)text.data, text.len);
    uint64_t size = epc_committed_maps_parse(text);

    (void)context;
    assert_non_null(copy);
    epc_committed_cgroup_parse(text, &row);
    assert_true(strlen(row.container_id) == 0 || strlen(row.container_id) == 64);
    if (epc_committed_log_name_parse(copy, &name, id) == 0)
        assert_int_equal(strlen(id), 64);
    free(copy);
    return size > 0 ? 0 : -ENOENT;
}

static void no_prefix_or_flipped_bit_reads_outside(void **state)
{
    static const char cgroup[] = "0::/kubepods/pod" UID "/" ID_A;
    static const char log_name[] = "pod_ns_c-" ID_A ".log";

    (void)state;
    assert_true(mutate_prefixes(span_str(MAPS), parse_everything, NULL) > 0);
    mutate_bits(span_str(MAPS), 0, sizeof(MAPS), parse_everything, NULL);
    mutate_prefixes(span_str(cgroup), parse_everything, NULL);
    mutate_bits(span_str(cgroup), 0, sizeof(cgroup), parse_everything, NULL);
    mutate_prefixes(span_str(log_name), parse_everything, NULL);
    mutate_bits(span_str(log_name), 0, sizeof(log_name), parse_everything, NULL);
}

static void put(const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", scratch_dir(), name);
    *strrchr(path, '/') = '\0';
    assert_int_equal(fd_make_dirs(path, 0755, NULL), 0);
    path[strlen(path)] = '/';
    assert_int_equal(fd_write_file(path, span_str(text), 0644, NULL), 0);
}

static void processes_are_added_by_container(void **state)
{
    struct epc_committed c = {0};

    (void)state;
    put("1/maps", "1000-2000 r--p 0 0:0 1 /sbin/init\n");
    put("20/maps", "1000-3000 rw-s 0 0:5 97 /dev/sgx_enclave\n");
    put("20/cgroup", "0::/kubepods/pod" UID "/" ID_B "\n");
    put("21/maps", "1000-2000 rw-s 0 0:5 97 /dev/sgx_enclave\n");
    put("21/cgroup", "0::/kubepods/pod" UID "/" ID_B "\n");
    put("22/maps", "1000-2000 rw-s 0 0:5 97 /dev/sgx_enclave\n");
    put("22/cgroup", "0::/kubepods/pod" UID "/" ID_A "\n");
    put("23/maps", "1000-2000 rw-s 0 0:5 97 /dev/sgx_enclave\n");
    put("24/cgroup", "0::/kubepods/pod" UID "/" ID_A "\n");
    put("self/maps", MAPS);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(epc_committed_scan(scratch_dir(), &c, NULL), 0);
        assert_int_equal(c.count, 3);
        assert_int_equal(c.size, 0x5000);
    }
    assert_string_equal(c.rows[0].container_id, "");
    assert_int_equal(c.rows[0].size, 0x1000);
    assert_string_equal(c.rows[1].container_id, ID_A);
    assert_string_equal(c.rows[1].pod_uid, UID);
    assert_int_equal(c.rows[1].size, 0x1000);
    assert_string_equal(c.rows[2].container_id, ID_B);
    assert_int_equal(c.rows[2].size, 0x3000);
    assert_int_equal(c.rows[2].process_count, 2);
    epc_committed_done(&c);
}

static void names_are_found_by_id(void **state)
{
    struct epc_container_name name;
    char logs[128];

    (void)state;
    put("logs/a_ns_one-" ID_A ".log", "");
    put("logs/b_ns_two-" ID_B ".log", "");
    put("logs/other", "");
    snprintf(logs, sizeof(logs), "%s/logs", scratch_dir());
    assert_int_equal(epc_committed_name(logs, ID_B, &name), 0);
    assert_string_equal(name.pod, "b");
    assert_string_equal(name.container, "two");
    assert_int_equal(epc_committed_name(logs, "none", &name), -ENOENT);
    assert_int_equal(epc_committed_name("/nowhere", ID_A, &name), -ENOENT);
}

static void a_missing_proc_is_an_error(void **state)
{
    struct epc_committed c = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(epc_committed_scan("/nowhere", &c, &err), -ENOENT);
    assert_non_null(strstr(err.text, "read /nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enclave_mappings_are_summed),
        cmocka_unit_test(lines_that_cannot_be_count_nothing),
        cmocka_unit_test(every_cgroup_layout_is_understood),
        cmocka_unit_test(log_names_give_container_names),
        cmocka_unit_test(no_prefix_or_flipped_bit_reads_outside),
        cmocka_unit_test(processes_are_added_by_container),
        cmocka_unit_test(names_are_found_by_id),
        cmocka_unit_test(a_missing_proc_is_an_error),
    };

    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
