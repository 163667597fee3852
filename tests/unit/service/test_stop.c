/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

#include "service/stop.h"

static void on_term_timer(void *userdata)
{
    (void)userdata;
    kill(getpid(), SIGTERM);
}

static void a_signal_stops_the_loop(void **state)
{
    CLEANUP(loop_freep) struct loop *loop = NULL;
    CLEANUP(service_stop_freep) struct service_stop *stop = NULL;
    struct loop_timer *timer = NULL;

    (void)state;
    assert_int_equal(loop_new(&loop, NULL), 0);
    assert_int_equal(service_stop_new(loop, &stop, NULL), 0);
    assert_int_equal(loop_timer_new(loop, on_term_timer, NULL, &timer, NULL), 0);
    loop_timer_arm(timer, 0);
    assert_int_equal(loop_run(loop, NULL), 0);
    kill(getpid(), SIGINT);
    assert_int_equal(loop_run(loop, NULL), 0);
    assert_true(signal(SIGPIPE, SIG_DFL) == SIG_IGN);
    loop_timer_free(timer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_stops_the_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
