/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that ends at any allocation of our own; SQLite's allocations are its own business. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/macros.h"
#include "store/store.h"
#include "torture.h"

static int scene(void *context)
{
    CLEANUP(store_closep) struct store *s = NULL;
    struct err err = {0};
    int r = store_open(&store_sqlite, ":memory:", &s, &err);

    (void)context;
    return r < 0 ? r : store_run(s, &(struct store_query){.sql = "SELECT 1"}, &err);
}

static void memory_may_end(void **state)
{
    struct torture_count count = torture_run(scene, NULL);

    (void)state;
    assert_true(count.runs >= 2);
    assert_int_equal(count.refused, count.runs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_may_end)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
