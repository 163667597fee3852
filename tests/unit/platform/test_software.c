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
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "machine.h"
#include "scratch.h"
#include "platform/platform.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static char run_dir[80];
static char state_dir[80];
static char library[80];
static struct machine *machine;

static int setup(void **state)
{
    if (scratch_setup(state) < 0)
        return -1;
    strcpy(run_dir, scratch_path("run"));
    strcpy(state_dir, scratch_path("state"));
    strcpy(library, scratch_path("engine.so"));
    machine = machine_new("no_sgx");
    return fd_write_file(library, span_str("engine"), 0644, NULL);
}

static int teardown(void **state)
{
    machine_free(machine);
    return scratch_teardown(state);
}

static struct platform_options options_of(uint64_t epc_size, uint32_t node_count)
{
    struct platform_options options = {
        .choice = PLATFORM_SOFTWARE_ONLY,
        .software = {epc_size, node_count, run_dir, state_dir, library},
    };

    if (machine)
        options.sources = machine_sources(machine);
    return options;
}

static const char *in_run(const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", run_dir, name);
    return path;
}

#define NEED_NODES()                                                                               \
    do {                                                                                           \
        (void)state;                                                                               \
        if (!machine)                                                                              \
            skip();                                                                                \
    } while (0)

static void it_makes_harmless_nodes(void **state)
{
    struct platform_options options = options_of(168 * MIB, 0);
    struct platform *p;
    struct stat st;

    NEED_NODES();
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    assert_true(platform_is_ready(platform_info(p)));
    assert_string_equal(platform_info(p)->enclave_path, in_run("dev/sgx_enclave"));
    assert_int_equal(lstat(platform_info(p)->enclave_path, &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    assert_int_equal(st.st_mode & 07777, 0666);
    assert_int_equal(st.st_rdev, makedev(1, 3));
    assert_int_equal(lstat(platform_info(p)->provision_path, &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    assert_int_equal(platform_info(p)->problem_count, 0);
    platform_free(p);
}

static void epc_is_split_without_loss(void **state)
{
    struct platform_options options = options_of(10 * MIB + 4096 + 5, 4);
    const struct platform_info *info;
    struct platform *p;

    NEED_NODES();
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    info = platform_info(p);
    assert_int_equal(info->node_count, 4);
    assert_int_equal(info->nodes[0].epc_size, 3 * MIB + 4096);
    assert_int_equal(info->nodes[1].epc_size, 3 * MIB);
    assert_int_equal(info->nodes[2].epc_size, 2 * MIB);
    assert_int_equal(info->nodes[3].epc_size, 2 * MIB);
    assert_int_equal(info->nodes[3].id, 3);
    assert_int_equal(info->epc_size, 10 * MIB + 4096);
    platform_free(p);
}

static void sizes_that_cannot_be_are_refused(void **state)
{
    struct platform_options few = options_of(3 * MIB, 4);
    struct platform_options many = options_of(GIB, PLATFORM_NODES_MAX + 1);
    struct platform_options huge = options_of(UINT64_MAX, 1);
    struct platform *p = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(platform_new(&few, &p, &err), -EINVAL);
    assert_int_equal(platform_new(&many, &p, &err), -EINVAL);
    assert_int_equal(platform_new(&huge, &p, &err), -EINVAL);
    assert_null(p);
}

static void defaults_are_those_of_dcsv2(void **state)
{
    struct platform_options options = options_of(0, 0);
    struct platform *p;

    NEED_NODES();
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    assert_int_equal(platform_info(p)->epc_size, 168 * MIB);
    assert_int_equal(platform_info(p)->node_count, 1);
    platform_free(p);
}

static void what_stood_there_is_replaced(void **state)
{
    struct platform_options options = options_of(MIB, 1);
    struct platform *p;

    NEED_NODES();
    assert_int_equal(fd_make_dirs(in_run("dev"), 0755, NULL), 0);
    unlink(in_run("dev/sgx_enclave"));
    assert_int_equal(fd_write_file(in_run("dev/sgx_enclave"), span_str("x"), 0600, NULL), 0);
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    assert_true(platform_is_ready(platform_info(p)));
    platform_free(p);
}

static void loss_and_return_are_seen(void **state)
{
    struct platform_options options = options_of(MIB, 1);
    const char *node = in_run("dev/sgx_enclave");
    struct platform *p;

    NEED_NODES();
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    assert_false(platform_poll(p));
    assert_int_equal(unlink(node), 0);
    assert_true(platform_poll(p));
    assert_false(platform_is_ready(platform_info(p)));
    assert_int_equal(mknod(node, S_IFCHR | 0666, makedev(1, 5)), 0);
    assert_false(platform_poll(p));
    assert_int_equal(unlink(node), 0);
    assert_int_equal(mknod(node, S_IFCHR | 0666, makedev(1, 3)), 0);
    assert_true(platform_poll(p));
    assert_true(platform_is_ready(platform_info(p)));
    platform_free(p);
}

static void a_grant_brings_the_engine(void **state)
{
    struct platform_options options = options_of(MIB, 1);
    struct platform_request request = {.enclave = true, .epc_limit = MIB};
    CLEANUP(buf_done) struct buf copy = buf_init(64);
    struct platform_grant g;
    struct platform *p;

    NEED_NODES();
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    assert_int_equal(platform_grant(p, &request, &g, NULL), 0);
    assert_int_equal(g.device_count, 1);
    assert_string_equal(g.devices[0].host, in_run("dev/sgx_enclave"));
    assert_string_equal(g.devices[0].container, "/dev/sgx_enclave");
    assert_int_equal(g.mount_count, 3);
    assert_string_equal(g.mounts[0].container, PLATFORM_CONTAINER_LIBRARY);
    assert_int_equal(fd_read_file(g.mounts[0].host, &copy, NULL), 0);
    assert_string_equal(buf_cstr(&copy), "engine");
    assert_string_equal(g.mounts[1].container, PLATFORM_CONTAINER_SECRET);
    assert_int_equal(access(g.mounts[1].host, X_OK), 0);
    assert_string_equal(g.mounts[2].container, PLATFORM_CONTAINER_RUN);
    assert_int_equal(access(g.mounts[2].host, X_OK), 0);
    assert_string_equal(g.variables[0].name, "LD_PRELOAD");
    assert_string_equal(g.variables[0].value, PLATFORM_CONTAINER_LIBRARY);

    request = (struct platform_request){.provision = true};
    assert_int_equal(platform_grant(p, &request, &g, NULL), 0);
    assert_int_equal(g.device_count, 1);
    assert_string_equal(g.devices[0].container, "/dev/sgx_provision");
    assert_int_equal(g.mount_count + g.variable_count, 0);
    platform_free(p);
}

static void the_engine_is_copied_only_when_it_changed(void **state)
{
    struct platform_options options = options_of(MIB, 1);
    struct platform *p;
    struct stat before, after;

    NEED_NODES();
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    platform_free(p);
    assert_int_equal(stat(in_run("lib/libcoffer-sgx.so"), &before), 0);
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    platform_free(p);
    assert_int_equal(stat(in_run("lib/libcoffer-sgx.so"), &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(fd_write_file(library, span_str("newer engine"), 0644, NULL), 0);
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    platform_free(p);
    assert_int_equal(stat(in_run("lib/libcoffer-sgx.so"), &after), 0);
    assert_int_equal(after.st_size, 12);
}

static void auto_is_software_only_where_no_sgx_is(void **state)
{
    struct platform_options options = options_of(MIB, 1);
    struct platform *p;

    NEED_NODES();
    options.choice = PLATFORM_AUTO;
    options.sources = machine_sources(machine);
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    assert_int_equal(platform_info(p)->backend, PLATFORM_SOFTWARE);
    platform_free(p);

    options.software.epc_size = 0;
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    assert_int_equal(platform_info(p)->backend, PLATFORM_HARDWARE);
    assert_false(platform_is_ready(platform_info(p)));
    platform_free(p);

    options.software.epc_size = MIB;
    machine_apply(machine, "cpuid 7 0 0 4 0 0");
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    assert_int_equal(platform_info(p)->backend, PLATFORM_HARDWARE);
    platform_free(p);
}

static void places_that_cannot_be_written_are_named(void **state)
{
    struct platform_options options = options_of(MIB, 1);
    struct platform *p;
    struct err err = {0};

    (void)state;
    options.software.run_dir = "/proc/coffer";
    assert_true(platform_new(&options, &p, &err) < 0);
    assert_non_null(strstr(err.text, "run directory: make directory /proc/coffer"));
    options = options_of(MIB, 1);
    options.software.library = "/nowhere/engine.so";
    if (!machine)
        skip();
    assert_int_equal(platform_new(&options, &p, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere/engine.so"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_makes_harmless_nodes, setup, teardown),
        cmocka_unit_test_setup_teardown(epc_is_split_without_loss, setup, teardown),
        cmocka_unit_test_setup_teardown(sizes_that_cannot_be_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(defaults_are_those_of_dcsv2, setup, teardown),
        cmocka_unit_test_setup_teardown(what_stood_there_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(loss_and_return_are_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(a_grant_brings_the_engine, setup, teardown),
        cmocka_unit_test_setup_teardown(the_engine_is_copied_only_when_it_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(auto_is_software_only_where_no_sgx_is, setup, teardown),
        cmocka_unit_test_setup_teardown(places_that_cannot_be_written_are_named, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
