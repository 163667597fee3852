/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/size.h"

static void quantities(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
        const char *rendered;
    } rows[] = {
        {"168Mi", 168ULL << 20, "168 MiB"},
        {"256GiB", 256ULL << 30, "256 GiB"},
        {"1Ti", 1ULL << 40, "1 TiB"},
        {"65536", 65536, "64 KiB"},
        {"1000B", 1000, "1000 B"},
        {"1M", 1000000, "976.6 KiB"},
        {"0", 0, "0 B"},
    };
    char text[SIZE_TEXT_SIZE];
    uint64_t bytes;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        assert_int_equal(size_parse(rows[i].text, &bytes, NULL), 0);
        assert_int_equal(bytes, rows[i].bytes);
        assert_string_equal(size_render(bytes, text), rows[i].rendered);
    }
}

static void nonsense_is_refused(void **state)
{
    static const char *const rows[] = {
        "", "Mi", "12Qi", "1.5Gi", "-1", "1 Mi", "1BB", "9999999Ti", "99999999999999999999"};
    uint64_t bytes;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        assert_true(size_parse(rows[i], &bytes, NULL) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities),
        cmocka_unit_test(nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
