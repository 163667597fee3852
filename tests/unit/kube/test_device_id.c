/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kube/device_id.h"

static void every_index_has_an_id_of_its_own(void **state)
{
    char id[DEVICE_ID_SIZE];
    uint32_t index;

    (void)state;
    for (uint32_t i = 0; i < DEVICE_COUNT_MAX; i++) {
        device_id_render(i, id);
        assert_true(device_id_parse(span_of(id, sizeof(id)), &index));
        assert_int_equal(index, i);
    }
}

static void other_ids_are_refused(void **state)
{
    static const char *const others[] = {"", "0", "00", "0000", "0 0", "00+", "sgx-enclave-0"};
    uint32_t index = 7;

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        assert_false(device_id_parse(span_str(others[i]), &index));
    assert_false(device_id_parse(span_of("0\0"
                                         "0",
                                         DEVICE_ID_SIZE),
                                 &index));
    assert_int_equal(index, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_has_an_id_of_its_own),
        cmocka_unit_test(other_ids_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
