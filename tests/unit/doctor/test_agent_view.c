/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "doctor/agent_view.h"
#include "mutate.h"

static const char status[] =
    "{\"version\":\"1\",\"profile\":\"aks\",\"warning\":\"too \\\"many\\\"\",\"remedy\":\"auto\","
    "\"platform\":{\"cpu\":{\"sgx\":true,\"flc\":true,\"sgx1\":true,\"sgx2\":false,"
    "\"fsgsbase\":true},\"driver_version\":\"6.1\",\"enclave_device\":\"/dev/sgx_enclave\","
    "\"provision_device\":\"\",\"epc_source\":\"sysfs\",\"epc_cgroup_bytes\":0,"
    "\"backend\":\"hardware\",\"driver\":\"in-kernel\",\"ready\":true,\"epc_bytes\":268435456,"
    "\"nodes\":[{\"id\":0,\"epc_bytes\":134217728},{\"id\":-1,\"epc_bytes\":134217728}],"
    "\"problems\":[{\"check\":\"provision-device\",\"severity\":\"note\",\"problem\":\"none\","
    "\"remedy\":\"make one\"}]},\"resources\":[]}";

static int parse(struct span wire, void *context)
{
    static struct agent_view view;

    (void)context;
    return agent_view_parse(wire, &view, NULL);
}

static void the_snapshot_comes_back(void **state)
{
    static struct agent_view view;

    (void)state;
    assert_int_equal(agent_view_parse(span_str(status), &view, NULL), 0);
    assert_string_equal(view.profile, "aks");
    assert_string_equal(view.warning, "too \"many\"");
    assert_int_equal(view.info.backend, PLATFORM_HARDWARE);
    assert_string_equal(platform_driver_name(view.info.driver), "in-kernel");
    assert_true(platform_is_ready(&view.info));
    assert_true(view.info.cpu.has_flc && !view.info.cpu.has_sgx2);
    assert_int_equal(view.info.epc_source, PLATFORM_EPC_SYSFS);
    assert_int_equal(view.info.node_count, 2);
    assert_int_equal(view.info.nodes[1].id, PLATFORM_NODE_UNKNOWN);
    assert_int_equal(view.info.problem_count, 1);
    assert_int_equal(view.info.problems[0].check, PLATFORM_CHECK_PROVISION);
    assert_string_equal(view.info.problems[0].remedy, "make one");
}

static void other_answers_are_refused(void **state)
{
    (void)state;
    assert_int_equal(parse(span_str("{}"), NULL), -EBADMSG);
    assert_int_equal(parse(span_str("{\"profile\":\"aks\",\"platform\":{}}"), NULL), -EBADMSG);
    assert_int_equal(parse(span_str("<html>"), NULL), -EBADMSG);
    assert_int_equal(mutate_prefixes(span_str(status), parse, NULL), 0);
    (void)!mutate_bits(span_str(status), 0, 8 * strlen(status), parse, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_snapshot_comes_back),
        cmocka_unit_test(other_answers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
