/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "codec/protobuf.h"
#include "kube/device_list.h"

enum {
    GIB = 1024, /* devices */
};

static uint8_t *render(const struct device_list *list)
{
    uint8_t *bytes = malloc(device_list_size(list) + 1);

    assert_non_null(bytes);
    device_list_read(list, 0, bytes, device_list_size(list));
    return bytes;
}

/* NUMA node in a TopologyInfo; 0 is left out on the wire. */
static int64_t topology_node(struct span topology)
{
    struct protobuf_reader r = protobuf_reader_of(topology);
    struct protobuf_field node, id = {0};

    assert_true(protobuf_next(&r, &node));
    assert_int_equal(node.number, 1);
    r = protobuf_reader_of(node.bytes);
    (void)!protobuf_next(&r, &id);
    assert_false(r.failed);
    return (int64_t)id.value;
}

static void device_check(const struct device_list *list, uint32_t index, struct span device)
{
    struct protobuf_reader r = protobuf_reader_of(device);
    const char *health = "";
    struct protobuf_field f;
    uint32_t parsed;

    while (protobuf_next(&r, &f)) {
        if (f.number == 1)
            assert_true(device_id_parse(f.bytes, &parsed) && parsed == index);
        if (f.number == 2)
            health = span_equal_str(f.bytes, "Healthy") ? "Healthy" : "Unhealthy";
        if (f.number == 3)
            assert_int_equal(topology_node(f.bytes), device_list_node(list, index));
    }
    assert_false(r.failed);
    assert_string_equal(health, list->is_healthy ? "Healthy" : list->is_terse ? "" : "Unhealthy");
}

/* The whole message, decoded field by field. */
static void list_check(const struct device_list *list)
{
    uint8_t *bytes = render(list);
    struct protobuf_reader r = protobuf_reader_of(span_of(bytes, device_list_size(list)));
    struct protobuf_field f;
    uint32_t count = 0;

    while (protobuf_next(&r, &f)) {
        assert_int_equal(f.number, 1);
        device_check(list, count++, f.bytes);
    }
    assert_false(r.failed);
    assert_int_equal(count, list->count);
    assert_true(device_list_size(list) <= DEVICE_LIST_SIZE_MAX);
    free(bytes);
}

static void lists_are_whole_messages(void **state)
{
    static const struct {
        struct device_amount amounts[3];
        uint32_t amount_count, count, dropped;
        bool has_topology;
    } rows[] = {
        {{{0, 168}}, 1, 168, 0, true},
        {{{-1, 110}}, 1, 110, 0, true},
        {{{0, 40}, {1, 50}, {7, 3}}, 3, 93, 0, true},
        {{{0, 64 * GIB}, {1, 64 * GIB}}, 2, 128 * GIB, 0, true},
        {{{0, 128 * GIB}, {1, 128 * GIB}}, 2, 256 * GIB, 0, false},
        {{{0, 256 * GIB}}, 1, 256 * GIB, 0, false},
        {{{0, 512 * GIB}, {1, 512 * GIB}}, 2, 256 * GIB, 768 * GIB, false},
        {{{0, 0}}, 1, 0, 0, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        for (int healthy = 0; healthy < 2; healthy++) {
            struct device_list list =
                device_list_of(rows[i].amounts, rows[i].amount_count, healthy);

            assert_int_equal(list.count, rows[i].count);
            assert_int_equal(list.dropped, rows[i].dropped);
            assert_int_equal(list.has_topology, rows[i].has_topology);
            list_check(&list);
        }
}

static void the_largest_list_is_exactly_what_a_kubelet_takes(void **state)
{
    struct device_list list = device_list_of(&(struct device_amount){-1, 256 * GIB}, 1, true);

    (void)state;
    assert_int_equal(list.count, 262144);
    assert_int_equal(device_list_size(&list), 4194304);
}

/* A stream asks for pieces of any size at any place. */
static void pieces_make_the_whole(void **state)
{
    const struct device_amount amounts[] = {
        {0, 41},
        {1, 29},
        {2, 7},
    };
    struct device_list list = device_list_of(amounts, 3, true);
    uint32_t size = device_list_size(&list);
    uint8_t *whole = render(&list);
    uint8_t piece[64];

    (void)state;
    for (uint32_t step = 1; step < sizeof(piece); step++)
        for (uint32_t at = 0; at < size; at += step) {
            uint32_t len = MIN(step, size - at);

            device_list_read(&list, at, piece, len);
            assert_memory_equal(piece, whole + at, len);
        }
    free(whole);
}

static void every_id_is_its_own(void **state)
{
    char id[DEVICE_ID_SIZE];
    uint32_t back;

    (void)state;
    for (uint32_t i = 0; i < DEVICE_COUNT_MAX; i++) {
        device_id_render(i, id);
        assert_true(device_id_parse(span_of(id, sizeof(id)), &back));
        assert_int_equal(back, i);
    }
    assert_false(device_id_parse(span_str("0000"), &back));
    assert_false(device_id_parse(span_str("00"), &back));
    assert_false(device_id_parse(span_str("0 0"), &back));
    assert_false(device_id_parse(span_of("0\0"
                                         "0",
                                         3),
                                 &back));
    assert_false(device_id_parse(span_of(NULL, 0), &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_whole_messages),
        cmocka_unit_test(the_largest_list_is_exactly_what_a_kubelet_takes),
        cmocka_unit_test(pieces_make_the_whole),
        cmocka_unit_test(every_id_is_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
