/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/loop.h"

struct record {
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_watch *watch;
    int fd;
    char order[8];
    const char *name; /* appended to @order of @shared */
    struct record *shared;
    int calls;
};

static int set_up(void **state)
{
    static struct record record;

    memset(&record, 0, sizeof(record));
    assert_int_equal(loop_new(&record.loop, NULL), 0);
    *state = &record;
    return 0;
}

static int tear_down(void **state)
{
    struct record *r = *state;

    loop_free(r->loop);
    return 0;
}

static void on_named(void *userdata)
{
    struct record *r = userdata;

    strcat(r->shared->order, r->name);
}

static void timers_run_in_the_order_of_their_times(void **state)
{
    static const struct {
        const char *name;
        int64_t delay_ms;
    } rows[] = {{"c", 30}, {"a", 0}, {"b", 10}};
    struct record *r = *state;
    struct record timers[3] = {0};

    for (int i = 0; i < 3; i++) {
        timers[i] = (struct record){.name = rows[i].name, .shared = r};
        assert_int_equal(loop_timer_new(r->loop, on_named, &timers[i], &timers[i].timer, NULL), 0);
        loop_timer_arm(timers[i].timer, rows[i].delay_ms);
    }
    assert_int_equal(loop_run(r->loop, NULL), 0); /* returns when no event is left */
    assert_string_equal(r->order, "abc");
    for (int i = 0; i < 3; i++)
        loop_timer_free(timers[i].timer);
}

static void a_disarmed_timer_does_not_run(void **state)
{
    struct record *r = *state;
    struct record timer = {.name = "x", .shared = r};

    assert_int_equal(loop_timer_new(r->loop, on_named, &timer, &timer.timer, NULL), 0);
    loop_timer_arm(timer.timer, 0);
    loop_timer_disarm(timer.timer);
    assert_int_equal(loop_run(r->loop, NULL), 0);
    assert_string_equal(r->order, "");
    loop_timer_free(timer.timer);
    loop_timer_free(NULL);
}

static void on_last(void *userdata)
{
    struct record *r = userdata;

    r->calls++;
    loop_timer_free(r->timer);
}

static void a_timer_may_free_itself(void **state)
{
    struct record *r = *state;

    assert_int_equal(loop_timer_new(r->loop, on_last, r, &r->timer, NULL), 0);
    loop_timer_arm(r->timer, 0);
    assert_int_equal(loop_run(r->loop, NULL), 0);
    assert_int_equal(r->calls, 1);
}

static void on_readable(void *userdata)
{
    struct record *r = userdata;
    char byte;

    assert_int_equal(read(r->fd, &byte, 1), 1);
    r->calls++;
    if (byte == 'z')
        loop_watch_free(r->watch);
}

static void a_watch_runs_as_long_as_bytes_are_left(void **state)
{
    struct record *r = *state;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    r->fd = ends[0];
    assert_int_equal(loop_watch_fd(r->loop, ends[0], on_readable, r, &r->watch, NULL), 0);
    assert_int_equal(loop_step(r->loop, false, NULL), 0);
    assert_int_equal(r->calls, 0);
    assert_int_equal(write(ends[1], "xyz", 3), 3);
    assert_int_equal(loop_run(r->loop, NULL), 0); /* the watch ends itself at 'z' */
    assert_int_equal(r->calls, 3);
    fd_close(ends[0]);
    fd_close(ends[1]);
}

static void on_signal(void *userdata)
{
    struct record *r = userdata;

    r->calls++;
    loop_stop(r->loop);
}

static void a_signal_is_met_in_the_loop(void **state)
{
    struct record *r = *state;

    assert_int_equal(loop_watch_signal(r->loop, SIGUSR1, on_signal, r, &r->watch, NULL), 0);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(r->calls, 0);
    assert_int_equal(loop_run(r->loop, NULL), 0);
    assert_int_equal(r->calls, 1);
    loop_watch_free(r->watch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(timers_run_in_the_order_of_their_times),
        TEST(a_disarmed_timer_does_not_run),
        TEST(a_timer_may_free_itself),
        TEST(a_watch_runs_as_long_as_bytes_are_left),
        TEST(a_signal_is_met_in_the_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
