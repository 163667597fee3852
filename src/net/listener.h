/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/listener.h: whom a listening socket lets in. Every server of Coffer can be reached by peers
 * that wish it ill, and connections are what they have most of. A listener bounds them, in all and
 * for each peer, and it bounds them without turning an honest peer away: when the house is full,
 * the connection goes that needs its place least, and the newcomer gets it.
 *
 * The order of going is enum listener_rank first and age second. A peer that has reached its own
 * bound loses one of its own connections. Connections that wait for us are never closed for others;
 * if no other kind is left, the newcomer is closed.
 *
 * Descriptors are a second bound, and a process shares them between its listeners. A listener stops
 * at LISTENER_RESERVE descriptors below the process's limit, unless its peers are the ones that the
 * reserve is for. When accept() fails for want of descriptors or memory, accepting pauses, because
 * the socket stays readable and the loop would spin.
 */
#ifndef COFFER_NET_LISTENER_H
#define COFFER_NET_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "net/loop.h"

enum {
    LISTENER_ACCEPTS_MAX = 64, /* connections in one turn of the loop */
    LISTENER_PAUSE_MS = 100,   /* of accepting, after accept() failed for want of something */
    LISTENER_RESERVE = 64,     /* descriptors that a flood leaves to the rest of the process */
    LISTENER_TRIM_COUNT = 32,  /* connections of a flood after which memory is given back */
    LISTENER_TRIM_MS = 1000,   /* after the flood has gone */
    LISTENER_PEER_SIZE = 16,   /* bytes that tell peers apart */
};

/** enum listener_rank - what a connection is doing; the lowest goes first */
enum listener_rank {
    LISTENER_SPARE, /* nothing is under way: between two requests */
    LISTENER_SLOW,  /* we wait for the peer: for its first request, or in the middle of one */
    LISTENER_BUSY,  /* the peer waits for us; never closed for another */
};

/** struct listener_peer - IPv4 address; IPv6 network of 64 bits; user and process of a unix socket
 */
struct listener_peer {
    uint8_t bytes[LISTENER_PEER_SIZE];
};

/** struct listener_entry - one connection, embedded in its owner's struct */
struct listener_entry {
    struct listener *listener; /* NULL: not listed */
    struct listener_entry *next, *previous;
    struct listener_peer peer;
    enum listener_rank rank;
    int64_t since_ms; /* when the rank last changed */
};

/** struct listener_limits - connections; 0 in @connections_per_peer: no bound of its own */
struct listener_limits {
    unsigned connections_max;
    unsigned connections_per_peer;
    bool may_use_reserve;
};

struct listener_ops {
    /* a new connection, which the owner takes with listener_add() or closes */
    void (*accepted)(void *owner, int fd, const struct listener_peer *peer);
    /* close this connection now; it is removed from the list before the call returns */
    void (*shed)(struct listener_entry *entry);
};

/** struct listener_counters - since the listener was made */
struct listener_counters {
    uint64_t accepted;
    uint64_t shed;    /* closed to make room */
    uint64_t refused; /* newcomers that were closed */
    uint64_t pauses;  /* of accepting */
};

struct listener; /* opaque */

/**
 * listener_new() - accept connections on @fd
 * @fd:     listening and non-blocking; owned by the listener on success only; -1: connections come
 *          from elsewhere, and only their list is kept
 * @limits: copied
 * @ops:    borrowed for the listener's life
 * Return: 0; -ENOMEM.
 */
NODISCARD int listener_new(struct loop *loop, int fd, const struct listener_limits *limits,
                           const struct listener_ops *ops, void *owner, struct listener **ret,
                           struct err *err);

/** listener_free() - close the socket; the owner has removed all entries */
void listener_free(struct listener *l);

/** listener_add() - list a connection with the rank LISTENER_SLOW; @peer is NULL for none */
void listener_add(struct listener *l, struct listener_entry *entry,
                  const struct listener_peer *peer);

/** listener_remove() - the connection is closed; entries that are not listed are allowed */
void listener_remove(struct listener_entry *entry);

/** listener_rank() - the connection does something else now */
void listener_rank(struct listener_entry *entry, enum listener_rank rank);

/**
 * listener_shed() - close the connection that needs its place least
 * @keep: is never closed; NULL for none
 * Return: false when no connection can be closed.
 */
bool listener_shed(struct listener *l, const struct listener_entry *keep);

/** listener_first() - the oldest entry, for walks over all of them; follow @next */
struct listener_entry *listener_first(const struct listener *l);

unsigned listener_count(const struct listener *l);
int listener_fd(const struct listener *l);
struct listener_counters listener_counters(const struct listener *l);

#endif
