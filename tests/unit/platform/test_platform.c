/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "machine.h"
#include "platform/platform.h"

struct scene {
    struct machine *machine;
    struct platform *platform;
};

static bool open_scene(struct scene *s, const char *name)
{
    struct platform_options options = {0};

    s->machine = machine_new(name);
    if (!s->machine)
        return false;
    options.sources = machine_sources(s->machine);
    assert_int_equal(platform_new(&options, &s->platform, NULL), 0);
    return true;
}

static void close_scene(struct scene *s)
{
    platform_free(s->platform);
    machine_free(s->machine);
}

static void check_device(const struct platform_grant *g, uint32_t i, const char *host,
                         const char *container)
{
    assert_true(i < g->device_count);
    assert_string_equal(g->devices[i].host, host);
    assert_string_equal(g->devices[i].container, container);
    assert_string_equal(g->devices[i].permissions, "rw");
}

static void enclave_alone_gives_no_provision(void **state)
{
    struct platform_request request = {.enclave = true, .epc_limit = 100 << 20};
    struct platform_grant g;
    struct scene s = {0};

    (void)state;
    if (!open_scene(&s, "dc8_v2"))
        skip();
    assert_int_equal(platform_grant(s.platform, &request, &g, NULL), 0);
    assert_int_equal(g.device_count, 1);
    check_device(&g, 0, "/dev/sgx_enclave", "/dev/sgx_enclave");
    assert_int_equal(g.mount_count, 0);
    assert_int_equal(g.variable_count, 1);
    assert_string_equal(g.variables[0].name, "COFFER_EPC_LIMIT");
    assert_string_equal(g.variables[0].value, "104857600");
    close_scene(&s);
}

static void everything_at_once(void **state)
{
    struct platform_request request = {
        .enclave = true,
        .provision = true,
        .aliases = true,
        .epc_limit = UINT64_MAX,
        .aesm_dir = "/var/run/aesmd",
    };
    struct platform_grant g;
    struct scene s = {0};

    (void)state;
    if (!open_scene(&s, "dc8_v2"))
        skip();
    assert_int_equal(platform_grant(s.platform, &request, &g, NULL), 0);
    assert_int_equal(g.device_count, 4);
    check_device(&g, 0, "/dev/sgx_enclave", "/dev/sgx_enclave");
    check_device(&g, 1, "/dev/sgx_enclave", "/dev/sgx/enclave");
    check_device(&g, 2, "/dev/sgx_provision", "/dev/sgx_provision");
    check_device(&g, 3, "/dev/sgx_provision", "/dev/sgx/provision");
    assert_int_equal(g.mount_count, 1);
    assert_string_equal(g.mounts[0].host, "/var/run/aesmd");
    assert_string_equal(g.mounts[0].container, "/var/run/aesmd");
    assert_int_equal(g.variable_count, 2);
    assert_string_equal(g.variables[0].value, "18446744073709551615");
    assert_string_equal(g.variables[1].name, "SGX_AESM_ADDR");
    close_scene(&s);
}

static void old_drivers_keep_the_new_names_inside(void **state)
{
    struct platform_request request = {.enclave = true, .provision = true};
    struct platform_grant g;
    struct scene s = {0};

    (void)state;
    if (!open_scene(&s, "dcap_1_33"))
        skip();
    assert_int_equal(platform_grant(s.platform, &request, &g, NULL), 0);
    assert_int_equal(g.device_count, 2);
    check_device(&g, 0, "/dev/sgx/enclave", "/dev/sgx_enclave");
    check_device(&g, 1, "/dev/sgx/provision", "/dev/sgx_provision");
    close_scene(&s);
}

static void isgx_keeps_its_own_name(void **state)
{
    struct platform_request request = {.enclave = true, .aliases = true};
    struct platform_grant g;
    struct err err = {0};
    struct scene s = {0};

    (void)state;
    if (!open_scene(&s, "isgx"))
        skip();
    assert_int_equal(platform_grant(s.platform, &request, &g, NULL), 0);
    assert_int_equal(g.device_count, 1);
    check_device(&g, 0, "/dev/isgx", "/dev/isgx");
    request.provision = true;
    assert_int_equal(platform_grant(s.platform, &request, &g, &err), -ENODEV);
    assert_string_equal(err.text, "the provision device is not there");
    close_scene(&s);
}

static void nothing_is_granted_without_a_device(void **state)
{
    struct platform_request request = {.enclave = true};
    struct platform_grant g;
    struct err err = {0};
    struct scene s = {0};

    (void)state;
    if (!open_scene(&s, "regular_file"))
        skip();
    assert_int_equal(platform_grant(s.platform, &request, &g, &err), -ENODEV);
    assert_string_equal(err.text, "the enclave device is not there");
    close_scene(&s);
}

static void the_view_of_dev_and_its_host_name_differ(void **state)
{
    struct platform_options options = {0};
    struct platform *p;
    struct machine *m = machine_new("dc8_v2");

    (void)state;
    if (!m)
        skip();
    options.sources = machine_sources(m);
    options.sources.dev_host = NULL;
    assert_int_equal(platform_new(&options, &p, NULL), 0);
    assert_string_equal(platform_info(p)->enclave_path, machine_path(m, "dev/sgx_enclave"));
    platform_free(p);
    machine_free(m);
}

static void choices_have_names(void **state)
{
    enum platform_choice choice = PLATFORM_AUTO;
    struct err err = {0};

    (void)state;
    assert_int_equal(platform_choice_parse("software", &choice, NULL), 0);
    assert_int_equal(choice, PLATFORM_SOFTWARE_ONLY);
    assert_int_equal(platform_choice_parse("hardware", &choice, NULL), 0);
    assert_int_equal(choice, PLATFORM_HARDWARE_ONLY);
    assert_int_equal(platform_choice_parse("auto", &choice, NULL), 0);
    assert_int_equal(choice, PLATFORM_AUTO);
    assert_int_equal(platform_choice_parse("sgx", &choice, &err), -EINVAL);
    assert_string_equal(err.text, "platform \"sgx\" is none of auto, hardware, software");
}

static void every_enum_value_has_a_name(void **state)
{
    (void)state;
    for (int i = PLATFORM_CHECK_NONE; i < PLATFORM_CHECK_COUNT; i++)
        assert_non_null(platform_check_name((enum platform_check)i));
    assert_string_equal(platform_check_name(PLATFORM_CHECK_COUNT), "none");
    assert_string_equal(platform_backend_name(PLATFORM_NONE), "none");
    assert_string_equal(platform_driver_name(PLATFORM_DRIVER_SOFTWARE), "software");
    assert_string_equal(platform_epc_source_name(PLATFORM_EPC_OPTION), "option");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enclave_alone_gives_no_provision),
        cmocka_unit_test(everything_at_once),
        cmocka_unit_test(old_drivers_keep_the_new_names_inside),
        cmocka_unit_test(isgx_keeps_its_own_name),
        cmocka_unit_test(nothing_is_granted_without_a_device),
        cmocka_unit_test(the_view_of_dev_and_its_host_name_differ),
        cmocka_unit_test(choices_have_names),
        cmocka_unit_test(every_enum_value_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
