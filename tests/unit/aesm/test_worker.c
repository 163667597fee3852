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

static void *finished(struct aesm_worker *w)
{
    struct pollfd p = {.fd = aesm_worker_fd(w), .events = POLLIN};

    assert_int_equal(poll(&p, 1, 10000), 1);
    return aesm_worker_collect(w);
}

static void work_is_done_and_collected(void **state)
{
    CLEANUP(aesm_worker_freep) struct aesm_worker *w = NULL;
    int number = 0;

    (void)state;
    assert_int_equal(aesm_worker_new(&w, NULL), 0);
    assert_null(aesm_worker_collect(w));
    for (int i = 1; i <= 1000; i++) {
        aesm_worker_start(w, add_one, &number);
        assert_ptr_equal(finished(w), &number);
        assert_int_equal(number, i);
        assert_null(aesm_worker_collect(w));
    }
}

static void a_worker_may_end_idle_or_uncollected(void **state)
{
    int number = 0;

    (void)state;
    for (int i = 0; i < 50; i++) {
        struct aesm_worker *w = NULL;

        assert_int_equal(aesm_worker_new(&w, NULL), 0);
        if (i & 1) {
            aesm_worker_start(w, add_one, &number);
            finished(w);
        }
        aesm_worker_free(w);
    }
    assert_int_equal(number, 25);
    aesm_worker_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_is_done_and_collected),
        cmocka_unit_test(a_worker_may_end_idle_or_uncollected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
