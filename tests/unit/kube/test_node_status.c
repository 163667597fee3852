/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kube/node_status.h"

static const struct node_status_goal goal = {"n1", "sgx.intel.com/epc", 176160768};

static void patch_escapes_the_name(void **state)
{
    CLEANUP(buf_done) struct buf patch = buf_init(1024);

    (void)state;
    node_status_patch(&goal, &patch);
    assert_string_equal(buf_cstr(&patch),
                        "[{\"op\":\"add\",\"path\":\"/status/capacity/sgx.intel.com~1epc\","
                        "\"value\":\"176160768\"}]");
}

static void capacity_is_read_in_any_unit(void **state)
{
    static const struct {
        const char *json;
        bool is_there;
    } rows[] = {
        {"{\"status\":{\"capacity\":{\"cpu\":\"2\",\"sgx.intel.com/epc\":\"176160768\"}}}", true},
        {"{\"status\":{\"capacity\":{\"sgx.intel.com/epc\":\"168Mi\"}}}", true},
        {"{\"status\":{\"capacity\":{\"cpu\":\"2\"}}}", false},
        {"{\"status\":{\"capacity\":{\"sgx.intel.com/epc\":168}}}", false},
        {"{\"status\":{\"capacity\":[]}}", false},
        {"[]", false},
        {"{", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint64_t value = 0;

        assert_int_equal(node_status_read(&goal, span_str(rows[i].json), &value), rows[i].is_there);
        assert_int_equal(value, rows[i].is_there ? goal.value : 0);
    }
}

static void only_resources_that_are_there_are_taken_off(void **state)
{
    static const char *const names[] = {"sgx.intel.com/epc", "sgx.intel.com/enclave", NULL};
    static const char both[] =
        "{\"status\":{\"capacity\":{\"cpu\":\"2\",\"sgx.intel.com/epc\":\"0\"},"
        "\"allocatable\":{\"sgx.intel.com/epc\":\"0\"}}}";
    CLEANUP(buf_done) struct buf patch = buf_init(1024);

    (void)state;
    assert_int_equal(node_status_removal_patch(span_str("{\"status\":{}}"), names, &patch), 0);
    assert_int_equal(patch.len, 0);
    assert_int_equal(node_status_removal_patch(span_str(both), names, &patch), 2);
    assert_string_equal(buf_cstr(&patch),
                        "[{\"op\":\"remove\",\"path\":\"/status/capacity/sgx.intel.com~1epc\"},"
                        "{\"op\":\"remove\",\"path\":\"/status/allocatable/"
                        "sgx.intel.com~1epc\"}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patch_escapes_the_name),
        cmocka_unit_test(capacity_is_read_in_any_unit),
        cmocka_unit_test(only_resources_that_are_there_are_taken_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
