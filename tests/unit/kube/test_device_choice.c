/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "kube/device_choice.h"

enum {
    NODE_0 = 100, /* devices */
    NODE_1 = 60,
};

static struct device_list list_make(void)
{
    const struct device_amount amounts[] = {
        {0, NODE_0},
        {1, NODE_1},
    };

    return device_list_of(amounts, ARRAY_COUNT(amounts), true);
}

static void range_add(struct device_set *s, uint32_t first, uint32_t end)
{
    for (uint32_t i = first; i < end; i++)
        device_set_add(s, i);
}

static void required_devices_decide_the_node(void **state)
{
    static const struct {
        uint32_t required; /* a device */
        uint32_t size;
        uint32_t on_node_0;
    } rows[] = {
        {5, 50, 50}, {NODE_0 + 5, 50, 0}, {5, NODE_0 + 1, NODE_0}, /* one more than the node has */
    };
    struct device_list list = list_make();

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct device_set *available = calloc(1, sizeof(*available));
        struct device_set *chosen = calloc(1, sizeof(*chosen));
        uint32_t on_node_0 = 0;

        assert_non_null(available);
        assert_non_null(chosen);
        range_add(available, 0, NODE_0 + NODE_1);
        device_set_add(chosen, rows[i].required);
        assert_int_equal(device_choice_make(&list, available, rows[i].size, chosen, NULL), 0);
        assert_int_equal(chosen->count, rows[i].size);
        assert_true(device_set_has(chosen, rows[i].required));
        for (uint32_t d = 0; d < NODE_0; d++)
            on_node_0 += device_set_has(chosen, d);
        assert_int_equal(on_node_0, rows[i].on_node_0);
        free(available);
        free(chosen);
    }
}

static void only_available_devices_are_chosen(void **state)
{
    struct device_set *available = calloc(1, sizeof(*available));
    struct device_set *chosen = calloc(1, sizeof(*chosen));
    struct device_list list = list_make();
    struct err err = {0};

    (void)state;
    assert_non_null(available);
    assert_non_null(chosen);
    range_add(available, 10, 20);
    range_add(available, NODE_0, NODE_0 + 3);
    assert_int_equal(device_choice_make(&list, available, 14, chosen, &err), -EINVAL);
    assert_string_equal(err.text, "14 devices are asked for and only 13 are available");
    for (uint32_t i = 0; i < NODE_0 + NODE_1; i++)
        assert_int_equal(device_set_has(chosen, i), device_set_has(available, i));
    free(available);
    free(chosen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(required_devices_decide_the_node),
        cmocka_unit_test(only_available_devices_are_chosen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
