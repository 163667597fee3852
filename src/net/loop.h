/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/loop.h: the event loop. One thread, and no callback may block it: every callback returns
 * soon, and work that takes longer is cut into steps by a timer. The rooms above use libevent only
 * through this header.
 */
#ifndef COFFER_NET_LOOP_H
#define COFFER_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct event_base;
struct loop;
struct loop_timer;
struct loop_watch;

typedef void (*loop_fn)(void *userdata);

/** loop_new() - Return: 0; -ENOMEM. Release with loop_free() after everything that uses it. */
NODISCARD int loop_new(struct loop **ret, struct err *err);
void loop_free(struct loop *loop);
void loop_freep(struct loop **loop);

/** loop_run() - dispatch until loop_stop() or until no event is left to wait for */
NODISCARD int loop_run(struct loop *loop, struct err *err);

/** loop_step() - dispatch the ready events and return; waits for the first event when @block is set
 */
NODISCARD int loop_step(struct loop *loop, bool block, struct err *err);

/** loop_stop() - let loop_run() return after the callbacks that are ready now */
void loop_stop(struct loop *loop);

/** loop_base() - the libevent base, for the modules of net/ only */
struct event_base *loop_base(struct loop *loop);

/**
 * loop_timer_new() - a one-shot timer, not armed
 * @ret: new timer, release with loop_timer_free() (also from inside @fn); NULL is allowed there
 */
NODISCARD int loop_timer_new(struct loop *loop, loop_fn fn, void *userdata, struct loop_timer **ret,
                             struct err *err);
void loop_timer_free(struct loop_timer *timer);

/** loop_timer_arm() - run once after @delay_ms (0: as soon as the loop turns); replaces an earlier
 * time */
void loop_timer_arm(struct loop_timer *timer, int64_t delay_ms);
void loop_timer_disarm(struct loop_timer *timer);

/** enum loop_events - bits: what a watch of a descriptor waits for */
enum loop_events {
    LOOP_NOTHING = 0,
    LOOP_READ = 1,
    LOOP_WRITE = 2,
};

/**
 * loop_watch_fd() - call @fn each time @fd is readable, as long as it stays so
 * @fd: borrowed; must outlive the watch
 */
NODISCARD int loop_watch_fd(struct loop *loop, int fd, loop_fn fn, void *userdata,
                            struct loop_watch **ret, struct err *err);

/**
 * loop_watch_want() - change what a watch of a descriptor waits for: bits of enum loop_events
 * Return: 0; -ENOMEM, and then the watch waits for nothing.
 */
NODISCARD int loop_watch_want(struct loop_watch *watch, unsigned events);

/** loop_watch_signal() - call @fn in the loop each time the process receives @signal_number */
NODISCARD int loop_watch_signal(struct loop *loop, int signal_number, loop_fn fn, void *userdata,
                                struct loop_watch **ret, struct err *err);
void loop_watch_free(struct loop_watch *watch);

/**
 * loop_on_warning() - receive what libevent has to say, for the whole process
 * @fn: gets at most LOOP_WARNINGS_PER_S messages a second; @dropped were left out before this one.
 *      Without a receiver the messages are dropped.
 *
 * A loop that runs out of descriptors or memory would otherwise write megabytes of lines a second
 * to standard error.
 */
void loop_on_warning(void (*fn)(const char *message, unsigned dropped));

enum {
    LOOP_WARNINGS_PER_S = 1,
};

#endif
