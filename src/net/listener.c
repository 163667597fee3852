/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why newcomers win. A server that is full and refuses newcomers is closed by whoever filled it: a
 * thousand silent connections, and the kubelet's probe fails. A server that closes its oldest
 * waiting connection serves an honest peer in any flood that is slower than one round of the whole
 * house: the honest request comes with its connection, is answered in the same turn of the loop,
 * and is gone before its turn to be closed comes.
 *
 * Ranks come before age for the same reason. A connection between two requests has nothing to lose
 * that a client does not restore by itself (RFC 9112 section 9.3.1 expects that). One in the middle
 * of a request loses work. One whose answer we are making is our own debt. A new connection counts
 * as slow and not as spare: its request is probably on its way, and a flood of newcomers would
 * otherwise close exactly the honest one that came a moment ago.
 *
 * The list is doubly linked and in the order of arrival. Finding the one to close walks all of it,
 * which happens only when the house is full and costs a few microseconds for hundreds of
 * connections; keeping a list for each rank and peer would cost every request something instead.
 *
 * The kernel gives the lowest free descriptor, so the number of a new one tells how many are in use
 * without a count of our own.
 */
#include "net/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/memory.h"

struct listener {
    int fd;
    struct loop_watch *watch;
    struct loop_timer *resume, *trim;
    struct listener_limits limits;
    const struct listener_ops *ops;
    void *owner;
    struct listener_entry *first, *last;
    unsigned count;
    unsigned count_top; /* the most connections since memory was given back */
    struct listener_counters counters;
};

/* Peers */

/* A peer that has one IPv6 address has the other 2^64 of its network as well. */
static struct listener_peer peer_of_network(const struct in6_addr *address)
{
    struct listener_peer peer = {0};

    memcpy(peer.bytes, address, 8);
    return peer;
}

static struct listener_peer peer_of_address(const struct sockaddr_storage *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    struct listener_peer peer = {0};

    memcpy(peer.bytes, mapped, sizeof(mapped));
    if (address->ss_family == AF_INET)
        memcpy(peer.bytes + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
    else if (memcmp(&v6->sin6_addr, mapped, sizeof(mapped)) == 0)
        memcpy(peer.bytes, &v6->sin6_addr, 16);
    else
        return peer_of_network(&v6->sin6_addr);
    return peer;
}

static struct listener_peer peer_of(int fd, const struct sockaddr_storage *address)
{
    struct listener_peer peer = {0};
    struct ucred credentials;
    socklen_t size = sizeof(credentials);

    if (address->ss_family == AF_INET || address->ss_family == AF_INET6)
        return peer_of_address(address);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
        memcpy(peer.bytes, &credentials.uid, sizeof(credentials.uid));
        memcpy(peer.bytes + sizeof(credentials.uid), &credentials.pid, sizeof(credentials.pid));
    }
    return peer;
}

static bool peer_is_equal(const struct listener_peer *a, const struct listener_peer *b)
{
    return memcmp(a->bytes, b->bytes, LISTENER_PEER_SIZE) == 0;
}

static unsigned peer_count(const struct listener *l, const struct listener_peer *peer)
{
    unsigned count = 0;

    for (const struct listener_entry *e = l->first; e; e = e->next)
        if (peer_is_equal(&e->peer, peer))
            count++;
    return count;
}

/* Making room */

/* The entry to close: of @peer, or of anybody when it is NULL. */
static struct listener_entry *entry_to_shed(const struct listener *l,
                                            const struct listener_peer *peer,
                                            const struct listener_entry *keep)
{
    struct listener_entry *found = NULL;

    for (struct listener_entry *e = l->first; e; e = e->next) {
        if (e == keep || e->rank == LISTENER_BUSY || (peer && !peer_is_equal(&e->peer, peer)))
            continue;
        if (!found || e->rank < found->rank ||
            (e->rank == found->rank && e->since_ms < found->since_ms))
            found = e;
    }
    return found;
}

static bool room_make(struct listener *l, const struct listener_peer *peer,
                      const struct listener_entry *keep)
{
    struct listener_entry *entry = entry_to_shed(l, peer, keep);

    if (!entry)
        return false;
    l->counters.shed++;
    l->ops->shed(entry);
    return true;
}

bool listener_shed(struct listener *l, const struct listener_entry *keep)
{
    return room_make(l, NULL, keep);
}

static bool descriptor_is_reserved(const struct listener *l, int fd)
{
    struct rlimit limit;

    if (l->limits.may_use_reserve || getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return false;
    return (rlim_t)fd + LISTENER_RESERVE >= limit.rlim_cur;
}

static bool room_is_found(struct listener *l, int fd, const struct listener_peer *peer)
{
    const unsigned per_peer = l->limits.connections_per_peer;

    if (per_peer && l->count >= per_peer && peer_count(l, peer) >= per_peer)
        return room_make(l, peer, NULL);
    if (l->count >= l->limits.connections_max || descriptor_is_reserved(l, fd))
        return room_make(l, NULL, NULL);
    return true;
}

/* Accepting */

static void accepting_pause(struct listener *l)
{
    l->counters.pauses++;
    if (loop_watch_want(l->watch, LOOP_NOTHING) == 0) /* which needs no memory */
        loop_timer_arm(l->resume, LISTENER_PAUSE_MS);
}

static void on_resume(void *userdata)
{
    struct listener *l = userdata;

    if (loop_watch_want(l->watch, LOOP_READ) < 0)
        loop_timer_arm(l->resume, LISTENER_PAUSE_MS);
}

/* Return: false when no more connections are accepted in this turn. */
static bool connection_accept(struct listener *l)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);
    int fd = accept4(l->fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct listener_peer peer;

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            (void)room_make(l, NULL, NULL);
            accepting_pause(l);
        }
        return errno == ECONNABORTED || errno == EINTR;
    }
    peer = peer_of(fd, &address);
    if (!room_is_found(l, fd, &peer)) {
        l->counters.refused++;
        fd_close(fd);
        return true;
    }
    l->counters.accepted++;
    l->ops->accepted(l->owner, fd, &peer);
    return true;
}

static void on_connection(void *userdata)
{
    struct listener *l = userdata;

    for (int i = 0; i < LISTENER_ACCEPTS_MAX; i++)
        if (!connection_accept(l))
            return;
}

/* Memory of a flood is given back when most of it has gone. */

static void on_trim(void *userdata)
{
    struct listener *l = userdata;

    l->count_top = l->count;
    memory_release();
}

static void trim_consider(struct listener *l)
{
    if (l->count_top >= LISTENER_TRIM_COUNT && l->count <= l->count_top / 4)
        loop_timer_arm(l->trim, LISTENER_TRIM_MS);
}

/* The list */

void listener_add(struct listener *l, struct listener_entry *entry,
                  const struct listener_peer *peer)
{
    *entry = (struct listener_entry){
        .listener = l,
        .previous = l->last,
        .rank = LISTENER_SLOW,
        .since_ms = clock_monotonic_ms(),
    };
    if (peer)
        entry->peer = *peer;
    if (l->last)
        l->last->next = entry;
    else
        l->first = entry;
    l->last = entry;
    l->count++;
    l->count_top = MAX(l->count_top, l->count);
}

void listener_remove(struct listener_entry *entry)
{
    struct listener *l = entry->listener;

    if (!l)
        return;
    if (entry->previous)
        entry->previous->next = entry->next;
    else
        l->first = entry->next;
    if (entry->next)
        entry->next->previous = entry->previous;
    else
        l->last = entry->previous;
    entry->listener = NULL;
    entry->next = entry->previous = NULL;
    l->count--;
    trim_consider(l);
}

void listener_rank(struct listener_entry *entry, enum listener_rank rank)
{
    if (entry->rank == rank)
        return;
    entry->rank = rank;
    entry->since_ms = clock_monotonic_ms();
}

struct listener_entry *listener_first(const struct listener *l)
{
    return l->first;
}

unsigned listener_count(const struct listener *l)
{
    return l->count;
}

int listener_fd(const struct listener *l)
{
    return l->fd;
}

struct listener_counters listener_counters(const struct listener *l)
{
    return l->counters;
}

int listener_new(struct loop *loop, int fd, const struct listener_limits *limits,
                 const struct listener_ops *ops, void *owner, struct listener **ret,
                 struct err *err)
{
    struct listener *l = calloc(1, sizeof(*l));
    int r;

    if (!l)
        return err_set(err, -ENOMEM, "listener");
    *l = (struct listener){.fd = -1, .limits = *limits, .ops = ops, .owner = owner};
    r = loop_timer_new(loop, on_resume, l, &l->resume, err);
    if (r == 0)
        r = loop_timer_new(loop, on_trim, l, &l->trim, err);
    if (r == 0 && fd >= 0)
        r = loop_watch_fd(loop, fd, on_connection, l, &l->watch, err);
    if (r < 0) {
        listener_free(l);
        return r;
    }
    l->fd = fd;
    *ret = l;
    return 0;
}

void listener_free(struct listener *l)
{
    if (!l)
        return;
    loop_watch_free(l->watch);
    loop_timer_free(l->resume);
    loop_timer_free(l->trim);
    fd_close(l->fd);
    free(l);
}
