/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "net/listener.h"
#include "net/unix_socket.h"

enum {
    PLACES = 4,
    CLIENTS = 16,
};

struct client {
    struct listener_entry entry;
    int fd; /* the server's end */
    int number;
};

struct fixture {
    struct loop *loop;
    struct listener *listener;
    char dir[32];
    char path[64];
    struct client clients[CLIENTS];
    int accepted;  /* how many of @clients were used */
    char shed[64]; /* their numbers, in the order of closing */
};

static void on_accepted(void *owner, int fd, const struct listener_peer *peer)
{
    struct fixture *f = owner;
    struct client *c = &f->clients[f->accepted];

    c->fd = fd;
    c->number = f->accepted++;
    listener_add(f->listener, &c->entry, peer);
    c->entry.since_ms = c->number; /* ages without a clock */
}

static struct fixture *fixture;

static void on_shed(struct listener_entry *entry)
{
    struct client *c = (struct client *)entry; /* the first member */
    char text[8];

    snprintf(text, sizeof(text), "%d ", c->number);
    strcat(fixture->shed, text);
    listener_remove(entry);
    c->fd = fd_close(c->fd);
}

static const struct listener_ops ops = {.accepted = on_accepted, .shed = on_shed};

static void listen_with(struct fixture *f, const struct listener_limits *limits)
{
    int fd;

    assert_int_equal(unix_socket_listen(SOCK_STREAM, f->path, 0600, &fd, NULL), 0);
    assert_int_equal(listener_new(f->loop, fd, limits, &ops, f, &f->listener, NULL), 0);
}

static void connect_some(struct fixture *f, int count)
{
    for (int i = 0; i < count; i++) {
        int fd;

        assert_int_equal(unix_socket_connect(SOCK_STREAM, f->path, &fd, NULL), 0);
        assert_int_equal(loop_step(f->loop, false, NULL), 0);
        fd_close(fd);
    }
}

static void rank_set(struct fixture *f, int number, enum listener_rank rank)
{
    listener_rank(&f->clients[number].entry, rank);
    f->clients[number].entry.since_ms = number;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    for (int i = 0; i < CLIENTS; i++)
        f->clients[i].fd = -1;
    strcpy(f->dir, "/tmp/coffer-listen-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/s.sock", f->dir);
    assert_int_equal(loop_new(&f->loop, NULL), 0);
    *state = fixture = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < CLIENTS; i++) {
        listener_remove(&f->clients[i].entry);
        fd_close(f->clients[i].fd);
    }
    listener_free(f->listener);
    loop_free(f->loop);
    (void)unlink(f->path);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

static void the_oldest_of_equals_makes_room(void **state)
{
    struct fixture *f = *state;

    listen_with(f, &(struct listener_limits){.connections_max = PLACES});
    connect_some(f, PLACES + 2);
    assert_string_equal(f->shed, "0 1 ");
    assert_int_equal(listener_count(f->listener), PLACES);
    assert_true(listener_counters(f->listener).shed == 2);
    assert_true(listener_counters(f->listener).accepted == PLACES + 2);
}

static void spare_ones_go_before_slow_ones(void **state)
{
    struct fixture *f = *state;

    listen_with(f, &(struct listener_limits){.connections_max = PLACES});
    connect_some(f, PLACES);
    rank_set(f, 2, LISTENER_SPARE);
    rank_set(f, 3, LISTENER_SPARE);
    connect_some(f, 3);
    assert_string_equal(f->shed, "2 3 0 ");
}

static void busy_ones_are_kept_and_the_newcomer_goes(void **state)
{
    struct fixture *f = *state;

    listen_with(f, &(struct listener_limits){.connections_max = PLACES});
    connect_some(f, PLACES);
    for (int i = 0; i < PLACES; i++)
        rank_set(f, i, LISTENER_BUSY);
    connect_some(f, 2);
    assert_string_equal(f->shed, "");
    assert_true(listener_counters(f->listener).refused == 2);
    assert_int_equal(f->accepted, PLACES);
}

static void a_peer_makes_room_for_itself(void **state)
{
    const struct listener_limits limits = {.connections_max = PLACES + 1,
                                           .connections_per_peer = PLACES};
    struct client other = {.fd = -1, .number = 9};
    struct fixture *f = *state;

    listen_with(f, &limits);
    listener_add(f->listener, &other.entry, &(struct listener_peer){{1}});
    rank_set(f, 0, LISTENER_SPARE);
    other.entry.rank = LISTENER_SPARE;
    other.entry.since_ms = -1; /* the oldest, the most spare, and somebody else's */
    connect_some(f, PLACES + 1);
    assert_string_equal(f->shed, "0 ");
    listener_remove(&other.entry);
}

static void one_is_kept_when_asked_for(void **state)
{
    struct fixture *f = *state;

    listen_with(f, &(struct listener_limits){.connections_max = PLACES});
    connect_some(f, 2);
    assert_true(listener_shed(f->listener, &f->clients[0].entry));
    assert_string_equal(f->shed, "1 ");
    assert_false(listener_shed(f->listener, &f->clients[0].entry));
}

/* Some four descriptors are left above the reserve: newcomers have to share them. */
static void the_reserve_of_descriptors_is_left(void **state)
{
    struct fixture *f = *state;
    struct rlimit before, limit;
    int next = dup(STDIN_FILENO);

    fd_close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    listen_with(f, &(struct listener_limits){.connections_max = CLIENTS});
    limit = before;
    limit.rlim_cur = (rlim_t)next + 4 + LISTENER_RESERVE;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    connect_some(f, 8);
    assert_true(listener_count(f->listener) < 6);
    assert_true(listener_count(f->listener) > 0);
    assert_true(f->accepted == 8);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void accepting_pauses_without_descriptors_and_goes_on(void **state)
{
    struct fixture *f = *state;
    struct rlimit before, limit;
    int fd, next;

    listen_with(f, &(struct listener_limits){.connections_max = CLIENTS, .may_use_reserve = true});
    assert_int_equal(unix_socket_connect(SOCK_STREAM, f->path, &fd, NULL), 0);
    next = dup(STDIN_FILENO);
    fd_close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(loop_step(f->loop, false, NULL), 0);
    assert_true(listener_counters(f->listener).pauses == 1); /* and not ten */
    assert_int_equal(f->accepted, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    while (f->accepted == 0)
        assert_int_equal(loop_step(f->loop, true, NULL), 0);
    fd_close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_oldest_of_equals_makes_room),
        TEST(spare_ones_go_before_slow_ones),
        TEST(busy_ones_are_kept_and_the_newcomer_goes),
        TEST(a_peer_makes_room_for_itself),
        TEST(one_is_kept_when_asked_for),
        TEST(the_reserve_of_descriptors_is_left),
        TEST(accepting_pauses_without_descriptors_and_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
