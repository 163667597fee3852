/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "aesm/worker.h"

static void add_one(void *context)
{
    int *number = context;

    (*number)++;
}

static void *finished(struct worker *w)
{
    struct pollfd p = {.fd = worker_fd(w), .events = POLLIN};

    assert_int_equal(poll(&p, 1, 10000), 1);
    return worker_collect(w);
}

static void work_is_done_and_collected(void **state)
{
    CLEANUP(worker_freep) struct worker *w = NULL;
    int number = 0;

    (void)state;
    assert_int_equal(worker_new(&w, NULL), 0);
    assert_null(worker_collect(w));
    for (int i = 1; i <= 1000; i++) {
        worker_start(w, add_one, &number);
        assert_ptr_equal(finished(w), &number);
        assert_int_equal(number, i);
        assert_null(worker_collect(w));
    }
}

static void a_worker_may_end_idle_or_uncollected(void **state)
{
    int number = 0;

    (void)state;
    for (int i = 0; i < 50; i++) {
        struct worker *w = NULL;

        assert_int_equal(worker_new(&w, NULL), 0);
        if (i & 1) {
            worker_start(w, add_one, &number);
            finished(w);
        }
        worker_free(w);
    }
    assert_int_equal(number, 25);
    worker_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_done_and_collected),
        cmocka_unit_test(a_worker_may_end_idle_or_uncollected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
