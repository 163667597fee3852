/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "codec/protobuf.h"
#include "kube/device_plugin.h"
#include "mutate.h"

enum {
    MESSAGE_SIZE_MAX = 1 << 20,
};

static struct device_list two_nodes(void)
{
    const struct device_amount amounts[] = {
        {0, 100},
        {1, 60},
    };

    return device_list_of(amounts, 2, true);
}

static void ids_put(struct buf *b, uint32_t number, uint32_t from, uint32_t to)
{
    char id[DEVICE_ID_SIZE];

    for (uint32_t i = from; i < to; i++) {
        device_id_render(i, id);
        protobuf_put_bytes(b, number, span_of(id, sizeof(id)));
    }
}

static int allocate(struct span wire, void *context)
{
    struct device_list list = two_nodes();
    struct device_plugin_allocation got = {.container_count = UINT32_MAX};
    int r = device_plugin_allocate_parse(wire, &list, &got, NULL);

    (void)context;
    assert_int_equal(r == 0, got.container_count <= DEVICE_PLUGIN_CONTAINERS_MAX);
    return r;
}

static void containers_are_counted_one_by_one(void **state)
{
    CLEANUP(buf_done) struct buf request = buf_init(MESSAGE_SIZE_MAX);
    CLEANUP(buf_done) struct buf first = buf_init(MESSAGE_SIZE_MAX);
    CLEANUP(buf_done) struct buf second = buf_init(MESSAGE_SIZE_MAX);
    struct device_list list = two_nodes();
    struct device_plugin_allocation got;
    struct err err = {0};

    (void)state;
    ids_put(&first, 1, 0, 10);
    ids_put(&second, 1, 90, 160);
    protobuf_put_bytes(&request, 1, buf_span(&first));
    protobuf_put_bytes(&request, 1, buf_span(&second));
    assert_int_equal(device_plugin_allocate_parse(buf_span(&request), &list, &got, &err), 0);
    assert_int_equal(got.container_count, 2);
    assert_int_equal(got.counts[0], 10);
    assert_int_equal(got.counts[1], 70);
}

static void refusals_say_why(void **state)
{
    static const struct {
        const char *ids[3];
        int code;
        const char *text;
    } rows[] = {
        {{"000", "000"}, -EEXIST, "device \"000\" is named twice"},
        {{"000", "02W"}, -ENOENT, "unknown device \"02W\""}, /* the 161st */
        {{"0"}, -ENOENT, "unknown device \"0\""},
        {{""}, -ENOENT, "unknown device \"\""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        CLEANUP(buf_done) struct buf request = buf_init(MESSAGE_SIZE_MAX);
        CLEANUP(buf_done) struct buf container = buf_init(MESSAGE_SIZE_MAX);
        struct device_list list = two_nodes();
        struct device_plugin_allocation got;
        struct err err = {0};

        for (size_t j = 0; j < 3 && rows[i].ids[j]; j++)
            protobuf_put_str(&container, 1, rows[i].ids[j]);
        protobuf_put_bytes(&request, 1, buf_span(&container));
        assert_int_equal(device_plugin_allocate_parse(buf_span(&request), &list, &got, &err),
                         rows[i].code);
        assert_string_equal(err.text, rows[i].text);
    }
}

static void too_many_containers_are_refused(void **state)
{
    CLEANUP(buf_done) struct buf request = buf_init(MESSAGE_SIZE_MAX);

    (void)state;
    for (int i = 0; i < DEVICE_PLUGIN_CONTAINERS_MAX; i++)
        protobuf_put_str(&request, 1, "");
    assert_int_equal(allocate(buf_span(&request), NULL), 0);
    protobuf_put_str(&request, 1, "");
    assert_int_equal(allocate(buf_span(&request), NULL), -E2BIG);
}

/* Devices of each node in the answer to one container's request. */
static int prefer(const uint32_t available[2][2], uint32_t must, uint32_t size, uint32_t ret[2])
{
    CLEANUP(buf_done) struct buf request = buf_init(MESSAGE_SIZE_MAX);
    CLEANUP(buf_done) struct buf container = buf_init(MESSAGE_SIZE_MAX);
    CLEANUP(buf_done) struct buf answer = buf_init(MESSAGE_SIZE_MAX);
    struct device_list list = two_nodes();
    struct protobuf_reader r;
    struct protobuf_field f;
    uint32_t index;
    int status;

    for (int i = 0; i < 2; i++)
        ids_put(&container, 1, available[i][0], available[i][1]);
    if (must)
        ids_put(&container, 2, must, must + 1);
    protobuf_put_varint(&container, 3, size);
    protobuf_put_bytes(&request, 1, buf_span(&container));
    status = device_plugin_preferred(buf_span(&request), &list, &answer, NULL);
    if (status < 0)
        return status;
    r = protobuf_reader_of(buf_span(&answer));
    assert_true(protobuf_next(&r, &f));
    r = protobuf_reader_of(f.bytes);
    while (protobuf_next(&r, &f)) {
        assert_true(device_id_parse(f.bytes, &index));
        ret[device_list_node(&list, index)]++;
    }
    assert_false(r.failed);
    return 0;
}

static void a_container_stays_on_one_node(void **state)
{
    static const struct {
        uint32_t available[2][2];
        uint32_t must, size;
        uint32_t wanted[2];
    } rows[] = {
        {{{0, 100}, {100, 160}}, 0, 50, {0, 50}}, /* the smallest that suffices */
        {{{0, 100}, {100, 160}}, 0, 80, {80, 0}},
        {{{0, 100}, {100, 160}}, 5, 50, {50, 0}}, /* where required devices are */
        {{{0, 100}, {100, 160}}, 105, 50, {0, 50}},
        {{{0, 100}, {100, 160}}, 0, 160, {100, 60}}, /* the whole machine */
        {{{0, 20}, {100, 130}}, 0, 40, {10, 30}},    /* most free first */
        {{{0, 20}, {100, 130}}, 0, 0, {0, 0}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint32_t got[2] = {0};

        assert_int_equal(prefer(rows[i].available, rows[i].must, rows[i].size, got), 0);
        assert_int_equal(got[0], rows[i].wanted[0]);
        assert_int_equal(got[1], rows[i].wanted[1]);
    }
}

static void sizes_that_cannot_be_are_refused(void **state)
{
    const uint32_t few[2][2] = {
        {0, 3},
        {100, 101},
    };
    uint32_t got[2] = {0};

    (void)state;
    assert_int_equal(prefer(few, 0, 5, got), -EINVAL);
    assert_int_equal(prefer(few, 0, UINT32_MAX, got), -EINVAL);
}

static int preferred(struct span wire, void *context)
{
    CLEANUP(buf_done) struct buf answer = buf_init(MESSAGE_SIZE_MAX);
    struct device_list list = two_nodes();

    (void)context;
    return device_plugin_preferred(wire, &list, &answer, NULL);
}

static void mutants_are_survived(void **state)
{
    CLEANUP(buf_done) struct buf request = buf_init(MESSAGE_SIZE_MAX);
    CLEANUP(buf_done) struct buf container = buf_init(MESSAGE_SIZE_MAX);

    (void)state;
    ids_put(&container, 1, 0, 4);
    protobuf_put_bytes(&request, 1, buf_span(&container));
    /* only the empty message is whole */
    assert_int_equal(mutate_prefixes(buf_span(&request), allocate, NULL), 1);
    (void)!mutate_bits(buf_span(&request), 0, request.len * 8, allocate, NULL);
    ids_put(&container, 2, 3, 4);
    protobuf_put_varint(&container, 3, 3);
    buf_clear(&request);
    protobuf_put_bytes(&request, 1, buf_span(&container));
    assert_int_equal(mutate_prefixes(buf_span(&request), preferred, NULL), 1);
    (void)!mutate_bits(buf_span(&request), 0, request.len * 8, preferred, NULL);
}

static void a_response_has_what_the_container_gets(void **state)
{
    CLEANUP(buf_done) struct buf container = buf_init(1024), response = buf_init(1024);

    (void)state;
    device_plugin_variable_put(&container, "A", "1");
    device_plugin_mount_put(&container, "/h", "/c", true);
    device_plugin_mount_put(&container, "/h", "/c", false);
    device_plugin_device_put(&container, "/dev/h", "/dev/c", "rw");
    device_plugin_container_put(&response, buf_span(&container));
    assert_true(
        span_equal(buf_span(&response), span_str("\n4\n\6\n\1A\22\1"
                                                 "1\22\n\n\2/c\22\2/h\30\1\22\10\n\2/c\22\2/h"
                                                 "\32\24\n\6/dev/c\22\6/dev/h\32\2rw")));
}

static void registration_names_us(void **state)
{
    CLEANUP(buf_done) struct buf b = buf_init(1024);

    (void)state;
    device_plugin_register_render(&b, "a.sock", "v.example/r");
    assert_true(
        span_equal(buf_span(&b), span_str("\n\7v1beta1\22\6a.sock\32\vv.example/r\"\2\20\1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(containers_are_counted_one_by_one),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(a_response_has_what_the_container_gets),
        cmocka_unit_test(too_many_containers_are_refused),
        cmocka_unit_test(a_container_stays_on_one_node),
        cmocka_unit_test(sizes_that_cannot_be_are_refused),
        cmocka_unit_test(mutants_are_survived),
        cmocka_unit_test(registration_names_us),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
