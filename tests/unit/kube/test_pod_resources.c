/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "codec/protobuf.h"
#include "kube/pod_resources.h"
#include "mutate.h"

enum {
    MESSAGE_SIZE_MAX = 1 << 20,
};

static const char *const resources[] = {"example/epc", "example/provision"};

static void devices_put(struct buf *container, const char *resource, unsigned count)
{
    CLEANUP(buf_done) struct buf devices = buf_init(MESSAGE_SIZE_MAX);

    protobuf_put_str(&devices, 1, resource);
    for (unsigned i = 0; i < count; i++)
        protobuf_put_str(&devices, 2, "000");
    protobuf_put_bytes(container, 2, buf_span(&devices));
}

static void pod_put(struct buf *response, const char *name, const char *container_name,
                    const struct buf *devices)
{
    CLEANUP(buf_done) struct buf container = buf_init(MESSAGE_SIZE_MAX);
    CLEANUP(buf_done) struct buf pod = buf_init(MESSAGE_SIZE_MAX);

    buf_put(&container, buf_span(devices)); /* before the name, as the wire may have it */
    protobuf_put_str(&container, 1, container_name);
    protobuf_put_bytes(&pod, 3, buf_span(&container));
    protobuf_put_str(&pod, 1, name);
    protobuf_put_str(&pod, 2, "default");
    protobuf_put_bytes(response, 1, buf_span(&pod));
}

static void response_make(struct buf *response)
{
    CLEANUP(buf_done) struct buf devices = buf_init(MESSAGE_SIZE_MAX);

    devices_put(&devices, "example/epc", 7); /* one entry a NUMA node */
    devices_put(&devices, "other/thing", 3);
    devices_put(&devices, "example/epc", 5);
    devices_put(&devices, "example/provision", 1);
    pod_put(response, "web", "front", &devices);
    buf_clear(&devices);
    devices_put(&devices, "other/thing", 1);
    pod_put(response, "plain", "main", &devices);
    buf_clear(&devices);
    devices_put(&devices, "example/epc", 2);
    pod_put(response, "job", "main", &devices);
}

static void rows_join_numa_nodes_and_keep_order(void **state)
{
    CLEANUP(buf_done) struct buf response = buf_init(MESSAGE_SIZE_MAX);
    CLEANUP(pod_resources_done) struct pod_resources rows = {0};
    struct err err = {0};

    (void)state;
    response_make(&response);
    assert_int_equal(pod_resources_parse(buf_span(&response), resources, 2, &rows, &err), 0);
    assert_int_equal(rows.count, 3);
    assert_string_equal(rows.rows[0].pod, "web");
    assert_string_equal(rows.rows[0].container, "front");
    assert_string_equal(rows.rows[0].namespace_name, "default");
    assert_int_equal(rows.rows[0].count, 12);
    assert_int_equal(rows.rows[1].resource, 1);
    assert_int_equal(rows.rows[1].count, 1);
    assert_string_equal(rows.rows[2].pod, "job");
}

static int parse(struct span wire, void *context)
{
    return pod_resources_parse(wire, resources, 2, context, NULL);
}

static void a_refused_list_leaves_the_old_rows(void **state)
{
    CLEANUP(buf_done) struct buf response = buf_init(MESSAGE_SIZE_MAX);
    CLEANUP(pod_resources_done) struct pod_resources rows = {0};

    (void)state;
    response_make(&response);
    assert_int_equal(parse(buf_span(&response), &rows), 0);
    assert_int_equal(parse(span_sub(buf_span(&response), 0, response.len - 1), &rows), -EBADMSG);
    assert_int_equal(rows.count, 3);
}

static void names_are_bounded(void **state)
{
    CLEANUP(buf_done) struct buf response = buf_init(MESSAGE_SIZE_MAX);
    CLEANUP(buf_done) struct buf devices = buf_init(MESSAGE_SIZE_MAX);
    CLEANUP(pod_resources_done) struct pod_resources rows = {0};
    char name[POD_NAME_SIZE + 1];

    (void)state;
    devices_put(&devices, "example/epc", 1);
    memset(name, 'p', sizeof(name));
    name[POD_NAME_SIZE - 1] = 0;
    pod_put(&response, name, "c", &devices);
    assert_int_equal(parse(buf_span(&response), &rows), 0);
    name[POD_NAME_SIZE - 1] = 'p';
    name[POD_NAME_SIZE] = 0;
    pod_put(&response, name, "c", &devices);
    assert_int_equal(parse(buf_span(&response), &rows), -EBADMSG);
}

static void mutants_are_survived(void **state)
{
    CLEANUP(buf_done) struct buf response = buf_init(MESSAGE_SIZE_MAX);
    CLEANUP(pod_resources_done) struct pod_resources rows = {0};

    (void)state;
    response_make(&response);
    assert_int_equal(mutate_prefixes(buf_span(&response), parse, &rows),
                     3); /* pods that are whole */
    (void)!mutate_bits(buf_span(&response), 0, response.len * 8, parse, &rows);
}

static void allocatable_put(struct buf *response, const char *resource, const char *id)
{
    CLEANUP(buf_done) struct buf devices = buf_init(MESSAGE_SIZE_MAX);

    protobuf_put_str(&devices, 2, id); /* before the name, as the wire may have it */
    protobuf_put_str(&devices, 1, resource);
    protobuf_put_bytes(response, 1, buf_span(&devices));
}

static int allocatable_parse(struct span wire, void *context)
{
    struct pod_resources_allocatable got[2];

    (void)context;
    return pod_resources_allocatable_parse(wire, resources, 2, got, NULL);
}

static void allocatable_devices_are_counted(void **state)
{
    CLEANUP(buf_done) struct buf response = buf_init(MESSAGE_SIZE_MAX);
    struct pod_resources_allocatable got[2];

    (void)state;
    allocatable_put(&response, "example/epc", "000");
    allocatable_put(&response, "example/epc", "00B");
    allocatable_put(&response, "example/epc", "sgx-epc-0");
    allocatable_put(&response, "other/thing", "000");
    assert_int_equal(pod_resources_allocatable_parse(buf_span(&response), resources, 2, got, NULL),
                     0);
    assert_int_equal(got[0].count, 3);
    assert_int_equal(got[0].foreign, 1);
    assert_int_equal(got[0].end, 12);
    assert_int_equal(got[1].count, 0);
    assert_int_equal(got[1].end, 0);
    (void)!mutate_prefixes(buf_span(&response), allocatable_parse, NULL);
    (void)!mutate_bits(buf_span(&response), 0, response.len * 8, allocatable_parse, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_join_numa_nodes_and_keep_order),
        cmocka_unit_test(a_refused_list_leaves_the_old_rows),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(mutants_are_survived),
        cmocka_unit_test(allocatable_devices_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
