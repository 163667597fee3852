/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "service/worker.h"

enum {
    THREADS = 4,
    JOBS = 1000,
};

struct job {
    struct service_job job;
    struct test *test;
    bool again; /* submits itself once more when it is finished */
};

struct test {
    struct loop *loop;
    struct service_worker *workers;
    struct job jobs[JOBS];
    atomic_uint runs;
    unsigned finishes, expected;
    atomic_uint per_thread[THREADS];
};

static void job_run(struct service_job *job, void *thread)
{
    struct test *t = ((struct job *)job)->test;

    atomic_fetch_add(&t->runs, 1);
    atomic_fetch_add((atomic_uint *)thread, 1);
}

static void job_finish(struct service_job *job)
{
    struct job *j = (struct job *)job;

    if (j->again) {
        j->again = false;
        service_worker_submit(j->test->workers, job);
    }
    if (++j->test->finishes == j->test->expected)
        loop_stop(j->test->loop);
}

static void test_begin(struct test *t)
{
    void *contexts[THREADS];
    struct err err = {0};

    for (int i = 0; i < THREADS; i++)
        contexts[i] = &t->per_thread[i];
    assert_int_equal(loop_new(&t->loop, &err), 0);
    assert_int_equal(service_worker_new(t->loop, contexts, THREADS, &t->workers, &err), 0);
    for (int i = 0; i < JOBS; i++)
        t->jobs[i] = (struct job){.job = {.run = job_run, .finish = job_finish}, .test = t};
}

static void each_job_runs_and_is_finished_once(void **state)
{
    static struct test t = {.expected = JOBS + 1};
    unsigned sum = 0;
    struct err err = {0};

    (void)state;
    test_begin(&t);
    t.jobs[0].again = true;
    for (int i = 0; i < JOBS; i++)
        service_worker_submit(t.workers, &t.jobs[i].job);
    assert_int_equal(service_worker_pending(t.workers), JOBS);
    assert_int_equal(loop_run(t.loop, &err), 0);
    assert_int_equal(t.runs, JOBS + 1);
    assert_int_equal(service_worker_pending(t.workers), 0);
    for (int i = 0; i < THREADS; i++)
        sum += t.per_thread[i];
    assert_int_equal(sum, JOBS + 1);
    service_worker_free(t.workers);
    loop_free(t.loop);
}

/* The loop never turns: the end of the workers finishes what was submitted. */
static void the_end_finishes_what_waits(void **state)
{
    static struct test t;

    (void)state;
    test_begin(&t);
    for (int i = 0; i < JOBS; i++)
        service_worker_submit(t.workers, &t.jobs[i].job);
    service_worker_free(t.workers);
    assert_int_equal(t.runs, JOBS);
    assert_int_equal(t.finishes, JOBS);
    loop_free(t.loop);
}

static void counts_out_of_range_are_refused(void **state)
{
    struct loop *loop = NULL;
    struct service_worker *w = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(loop_new(&loop, &err), 0);
    assert_int_equal(service_worker_new(loop, NULL, 0, &w, &err), -EINVAL);
    assert_int_equal(service_worker_new(loop, NULL, SERVICE_WORKER_THREADS_MAX + 1, &w, &err),
                     -EINVAL);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_job_runs_and_is_finished_once),
        cmocka_unit_test(the_end_finishes_what_waits),
        cmocka_unit_test(counts_out_of_range_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
