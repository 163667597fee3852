/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/grpc/h2.h: one HTTP/2 connection: nghttp2's session over a libevent bufferevent. It is
 * internal to net/grpc; the server and the client are its users.
 *
 * Output is pulled, never pushed: frames are made only while less than H2_OUTPUT_MAX bytes wait
 * for the socket. A peer that does not read costs at most that much memory, and a short answer
 * waits for at most that much of a long list.
 *
 * The owner is freed in one place: h2_ops.destroy. It runs when no function of the connection is on
 * the stack any more, so callbacks may call h2_close() at any time.
 */
#ifndef COFFER_NET_GRPC_H2_H
#define COFFER_NET_GRPC_H2_H

#include <stdbool.h>
#include <nghttp2/nghttp2.h>

#include "base/err.h"
#include "base/span.h"
#include "net/loop.h"

enum {
    H2_OUTPUT_MAX = 32 * 1024,      /* bytes of frames waiting for the socket */
    H2_SOCKET_BUFFER = 64 * 1024,   /* bytes, SO_SNDBUF */
    H2_WINDOW_SIZE = 256 * 1024,    /* bytes that a peer may send ahead in one stream */
    H2_HEADER_LIST_MAX = 16 * 1024, /* bytes of header fields in one block */
    H2_STREAMS_MAX = 32,            /* streams that a peer may have open */
};

struct bufferevent;

struct h2_ops {
    /* the peer has gone or broke the protocol; @why is one sentence. destroy follows. */
    void (*lost)(void *owner, const char *why);
    void (*destroy)(void *owner);
};

/** struct h2_setup - what a connection is made from; borrowed for h2_start(), but for @ops */
struct h2_setup {
    struct loop *loop;
    bool is_server;
    const nghttp2_session_callbacks *callbacks; /* their user data is @owner */
    const struct h2_ops *ops;                   /* borrowed for the connection's life */
    void *owner;
};

/** struct h2 - embedded in its owner; h2_start() */
struct h2 {
    nghttp2_session *session;
    struct bufferevent *bev;
    struct loop_timer *kick;
    const struct h2_ops *ops;
    void *owner;
    unsigned busy; /* depth of callbacks on the stack */
    bool closing;
    bool has_input; /* the peer has sent something */
};

/**
 * h2_start() - take over a connected socket and send the first SETTINGS
 * @fd: owned by the connection in every case, also on failure
 *
 * A gRPC client in Go waits for the server's SETTINGS before it calls a connection usable: they
 * are written when the loop turns.
 *
 * Return: 0; -ENOMEM, and then destroy is not called.
 */
NODISCARD int h2_start(struct h2 *h, int fd, const struct h2_setup *setup, struct err *err);

/** h2_kick() - something was submitted: write it when the loop turns */
void h2_kick(struct h2 *h);

/** h2_close() - end the connection; ops->destroy runs now, or when the callbacks have returned */
void h2_close(struct h2 *h);

/** h2_field() - one header field; both strings are copied by nghttp2 */
nghttp2_nv h2_field(const char *name, struct span value);

/** h2_callbacks_new() - Return: an empty set, or NULL; nghttp2_session_callbacks_del() */
nghttp2_session_callbacks *h2_callbacks_new(void);

#endif
