/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop is libevent's, and its functions have names of our own. The rooms above include no
 * libevent header, so a change of the library is a change of this room, and tests drive a loop
 * step by step (loop_step()) without knowing what it waits with.
 *
 * A timer and a watch are one libevent event each, and a small struct that holds the callback with
 * its real type; the two static functions on_timer() and on_watch() translate. libevent allows an
 * event to be freed inside its own callback, and so do loop_timer_free() and loop_watch_free().
 * The callback must be the last use of the struct for that reason.
 */
#include "net/loop.h"

#include <errno.h>
#include <event2/event.h>

#include "base/clock.h"

struct loop {
    struct event_base *base;
};

struct loop_timer {
    struct event *event;
    loop_fn fn;
    void *userdata;
};

struct loop_watch {
    struct event *event;
    unsigned events; /* of a descriptor: bits of enum loop_events */
    loop_fn fn;
    void *userdata;
};

int loop_new(struct loop **ret, struct err *err)
{
    struct loop *loop = calloc(1, sizeof(*loop));

    if (!loop)
        return err_set(err, -ENOMEM, "event loop");
    loop->base = event_base_new();
    if (!loop->base) {
        free(loop);
        return err_set(err, -ENOMEM, "event loop");
    }
    *ret = loop;
    return 0;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    event_base_free(loop->base);
    free(loop);
}

void loop_freep(struct loop **loop)
{
    loop_free(*loop);
}

int loop_run(struct loop *loop, struct err *err)
{
    if (event_base_dispatch(loop->base) < 0)
        return err_set(err, -EIO, "event loop failed");
    return 0;
}

int loop_step(struct loop *loop, bool block, struct err *err)
{
    if (event_base_loop(loop->base, block ? EVLOOP_ONCE : EVLOOP_NONBLOCK) < 0)
        return err_set(err, -EIO, "event loop failed");
    return 0;
}

void loop_stop(struct loop *loop)
{
    event_base_loopexit(loop->base, NULL);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

static void on_timer(evutil_socket_t fd, short what, void *userdata)
{
    struct loop_timer *timer = userdata;

    (void)fd;
    (void)what;
    timer->fn(timer->userdata);
}

int loop_timer_new(struct loop *loop, loop_fn fn, void *userdata, struct loop_timer **ret,
                   struct err *err)
{
    struct loop_timer *timer = calloc(1, sizeof(*timer));

    if (!timer)
        return err_set(err, -ENOMEM, "timer");
    timer->fn = fn;
    timer->userdata = userdata;
    timer->event = evtimer_new(loop->base, on_timer, timer);
    if (!timer->event) {
        free(timer);
        return err_set(err, -ENOMEM, "timer");
    }
    *ret = timer;
    return 0;
}

void loop_timer_free(struct loop_timer *timer)
{
    if (!timer)
        return;
    event_free(timer->event);
    free(timer);
}

void loop_timer_arm(struct loop_timer *timer, int64_t delay_ms)
{
    struct timeval delay = {.tv_sec = delay_ms / 1000, .tv_usec = delay_ms % 1000 * 1000};

    evtimer_add(timer->event, &delay);
}

void loop_timer_disarm(struct loop_timer *timer)
{
    evtimer_del(timer->event);
}

static void on_watch(evutil_socket_t fd, short what, void *userdata)
{
    struct loop_watch *watch = userdata;

    (void)fd;
    (void)what;
    watch->fn(watch->userdata);
}

static int watch_new(struct loop *loop, int number, short what, struct loop_watch prototype,
                     struct loop_watch **ret, struct err *err)
{
    struct loop_watch *watch = malloc(sizeof(*watch));

    if (!watch)
        return err_set(err, -ENOMEM, "event watch");
    *watch = prototype;
    watch->event = event_new(loop->base, number, what | EV_PERSIST, on_watch, watch);
    if (!watch->event || event_add(watch->event, NULL) < 0) {
        loop_watch_free(watch);
        return err_set(err, -ENOMEM, "event watch");
    }
    *ret = watch;
    return 0;
}

int loop_watch_fd(struct loop *loop, int fd, loop_fn fn, void *userdata, struct loop_watch **ret,
                  struct err *err)
{
    const struct loop_watch prototype = {.fn = fn, .userdata = userdata, .events = LOOP_READ};

    return watch_new(loop, fd, EV_READ, prototype, ret, err);
}

int loop_watch_want(struct loop_watch *watch, unsigned events)
{
    struct event *event = watch->event;
    short what = EV_PERSIST;

    if (events == watch->events)
        return 0;
    if (watch->events != LOOP_NOTHING)
        event_del(event);
    watch->events = LOOP_NOTHING;
    if (events == LOOP_NOTHING)
        return 0;
    if (events & LOOP_READ)
        what |= EV_READ;
    if (events & LOOP_WRITE)
        what |= EV_WRITE;
    if (event_assign(event, event_get_base(event), event_get_fd(event), what, on_watch, watch) < 0)
        return -ENOMEM;
    if (event_add(event, NULL) < 0)
        return -ENOMEM;
    watch->events = events;
    return 0;
}

int loop_watch_signal(struct loop *loop, int signal_number, loop_fn fn, void *userdata,
                      struct loop_watch **ret, struct err *err)
{
    return watch_new(loop, signal_number, EV_SIGNAL,
                     (struct loop_watch){.fn = fn, .userdata = userdata}, ret, err);
}

void loop_watch_free(struct loop_watch *watch)
{
    if (!watch)
        return;
    if (watch->event)
        event_free(watch->event);
    free(watch);
}

static void (*warning_fn)(const char *message, unsigned dropped);

static void on_warning(int severity, const char *message)
{
    static int64_t window_ms;
    static unsigned count, dropped;
    const int64_t now_ms = clock_monotonic_ms();

    (void)severity;
    if (now_ms - window_ms >= 1000) {
        window_ms = now_ms;
        count = 0;
    }
    if (!warning_fn || ++count > LOOP_WARNINGS_PER_S) {
        dropped++;
        return;
    }
    warning_fn(message, dropped);
    dropped = 0;
}

void loop_on_warning(void (*fn)(const char *message, unsigned dropped))
{
    warning_fn = fn;
    event_set_log_callback(on_warning);
}
