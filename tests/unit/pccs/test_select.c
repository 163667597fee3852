/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/macros.h"
#include "pccs/select.h"

static struct pck_extension cert(uint8_t first, uint8_t second, uint16_t pcesvn)
{
    struct pck_extension c = {.comp_svn = {first, second}, .pcesvn = pcesvn};

    return c;
}

static struct tcb_info_level level(uint8_t first, uint8_t second, uint16_t pcesvn)
{
    struct tcb_info_level l = {.sgx = {first, second}, .pcesvn = pcesvn};

    return l;
}

static int choose(const struct pck_extension *certs, size_t count, uint8_t first, uint8_t second,
                  uint16_t pcesvn, const struct tcb_info *info)
{
    struct pccs_tcb raw = {.components = {first, second}, .pcesvn = pcesvn};

    return pccs_select(certs, count, &raw, info);
}

static void certificates_above_the_raw_tcb_do_not_fit(void **state)
{
    const struct pck_extension certs[] = {cert(5, 5, 10), cert(5, 4, 10), cert(4, 4, 9)};

    (void)state;
    assert_int_equal(choose(certs, 3, 5, 5, 10, NULL), 0);
    assert_int_equal(choose(certs, 3, 9, 9, 99, NULL), 0);
    assert_int_equal(choose(certs, 3, 5, 4, 10, NULL), 1);
    assert_int_equal(choose(certs, 3, 5, 5, 9, NULL), 2);
    assert_int_equal(choose(certs, 3, 4, 4, 9, NULL), 2);
    assert_int_equal(choose(certs, 3, 4, 4, 8, NULL), -1);
    assert_int_equal(choose(certs, 3, 0, 9, 99, NULL), -1);
    assert_int_equal(choose(certs, 0, 9, 9, 99, NULL), -1);
}

/* The second level needs much of component 1 and nothing of component 0. By SVNs alone the first
 * certificate would win; by level the second does. */
static void the_level_counts_before_the_svns(void **state)
{
    const struct pck_extension certs[] = {cert(9, 0, 10), cert(0, 7, 10), cert(0, 7, 9)};
    struct tcb_info_level levels[] = {level(9, 9, 10), level(0, 7, 10), level(0, 0, 0)};
    const struct tcb_info info = {.levels = levels, .level_count = ARRAY_COUNT(levels)};

    (void)state;
    assert_int_equal(choose(certs, 3, 9, 9, 10, NULL), 0);
    assert_int_equal(choose(certs, 3, 9, 9, 10, &info), 1);
    assert_int_equal(choose(certs, 3, 9, 6, 10, &info), 0); /* only the first fits */
    assert_int_equal(choose(certs, 3, 9, 9, 9, &info), 2);
}

static void order_does_not_matter(void **state)
{
    struct pck_extension certs[] = {cert(1, 1, 1), cert(2, 2, 2), cert(2, 3, 2), cert(3, 0, 2)};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        int best = choose(certs, 4, 3, 3, 2, NULL);
        struct pck_extension first = certs[0];

        assert_int_equal(certs[best].comp_svn[0], 3);
        memmove(certs, certs + 1, 3 * sizeof(certs[0]));
        certs[3] = first;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_above_the_raw_tcb_do_not_fit),
        cmocka_unit_test(the_level_counts_before_the_svns),
        cmocka_unit_test(order_does_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
